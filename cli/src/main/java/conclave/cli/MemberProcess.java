package conclave.cli;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server of an ensemble on one machine, as a process of its own. */
final class MemberProcess {
  private static final int LOG_LINES = 6;
  private static final long LONGEST_STOP_MS = 5_000;

  private final EnsembleLayout.Member member;
  private volatile @Nullable Process process;
  private boolean wanted;

  MemberProcess(EnsembleLayout.Member member) {
    this.member = member;
  }

  EnsembleLayout.Member member() {
    return member;
  }

  boolean isAlive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  /** Whether it has ended without being asked to, since this was asked last. */
  boolean hasDied() {
    Process ended = process;
    if (ended == null || !wanted || ended.isAlive()) {
      return false;
    }
    wanted = false;
    return true;
  }

  /** -1 when it was never started. */
  long pid() {
    Process running = process;
    return running == null ? -1 : running.pid();
  }

  int exitCode() {
    Process ended = process;
    return ended == null ? 0 : ended.exitValue();
  }

  /** {@code was killed (signal 9)}, for a sentence about it. */
  String howItEnded() {
    int code = exitCode();
    return code > 128 && code < 160
        ? "was killed by signal " + (code - 128)
        : "ended with exit code " + code;
  }

  void start() throws IOException {
    Process started =
        new ProcessBuilder(command(member.config()))
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(member.log().toFile()))
            .start();
    process = started;
    wanted = true;
    Files.writeString(member.pidFile(), started.pid() + "\n");
  }

  /**
   * The same JVM as this one, with a server's flags. The shell in front has the terminal's Ctrl-C
   * ignored: that is for the command which started the servers, and which then stops them in order.
   */
  private static List<String> command(Path config) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "conclave"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (isCommon(flag)) {
        command.add(flag);
      }
    }
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Xmx512m"));
    command.addAll(flags("SERVER_JVMFLAGS"));
    command.addAll(flags("JVMFLAGS"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "server", config.toString()));
    return command;
  }

  /** What bin/conclave gives to every JVM, whatever it is for. */
  private static boolean isCommon(String flag) {
    return flag.startsWith("-Dio.netty.")
        || flag.startsWith("-Dslf4j.")
        || flag.startsWith("--enable-native-access")
        || flag.startsWith("--sun-misc")
        || flag.startsWith("-Xshare")
        || flag.startsWith("-Xlog:cds")
        || flag.startsWith("-XX:SharedArchiveFile")
        || flag.equals("-XX:+IgnoreUnrecognizedVMOptions")
        || flag.equals("-XX:+UseCompactObjectHeaders");
  }

  private static List<String> flags(String variable) {
    String text = System.getenv(variable);
    return text == null || text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
  }

  /** Asks it to stop. */
  void stop() {
    wanted = false;
    Process running = process;
    if (running != null) {
      running.destroy();
    }
  }

  /** Ends it at once, as a crash would. */
  void kill() {
    Process running = process;
    if (running != null) {
      running.destroyForcibly();
    }
  }

  /** Waits for the end of one that was asked to stop; it is ended when it takes too long. */
  void awaitEnd() throws InterruptedException {
    Process ending = process;
    if (ending != null && !ending.waitFor(LONGEST_STOP_MS, TimeUnit.MILLISECONDS)) {
      ending.destroyForcibly();
      ending.waitFor();
    }
    forget();
  }

  private void forget() {
    try {
      Files.deleteIfExists(member.pidFile());
    } catch (IOException e) {
      // It is looked at with suspicion anyway: the number of a process may have come back.
      return;
    }
  }

  /** A process that an earlier command has left behind; -1 for none. */
  long leftBehind() {
    try {
      long pid = Long.parseLong(Files.readString(member.pidFile()).strip());
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::isServer).isPresent()
          ? pid
          : -1;
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }

  private boolean isServer(ProcessHandle found) {
    return found
        .info()
        .commandLine()
        .map(line -> line.contains(member.config().toString()))
        .orElse(false);
  }

  /** The end of its log, to show why it ended. */
  String endOfLog() {
    try {
      List<String> lines = Files.readAllLines(member.log(), StandardCharsets.UTF_8);
      return String.join(
          "\n    ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (NoSuchFileException e) {
      return "(nothing)";
    } catch (IOException e) {
      return "(" + e.getMessage() + ")";
    }
  }
}
