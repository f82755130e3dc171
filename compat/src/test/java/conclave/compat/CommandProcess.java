package conclave.compat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Command lines as processes: Apache's zkCli, and {@code conclave}. */
final class CommandProcess {
  private static final int LIMIT_SECONDS = 250;

  private CommandProcess() {}

  /**
   * What came of a process.
   *
   * @param output of both streams, in the order in which it was written
   */
  record Ended(int exitCode, String output) {}

  /** Runs Apache's zkCli; without JLine, so that it prints no prompts. */
  static Ended zkCli(List<String> arguments, List<String> lines) {
    List<String> command = new ArrayList<>(List.of("-cp", withoutJLine(Target.APACHE.classPath())));
    command.add("-Dlogback.configurationFile=" + silence());
    command.add("org.apache.zookeeper.ZooKeeperMain");
    command.addAll(arguments);
    return run(command, lines);
  }

  static Ended conclave(List<String> arguments, List<String> lines) {
    List<String> command = new ArrayList<>(ClassArchive.flags(Target.CONCLAVE));
    command.addAll(List.of("-cp", Target.CONCLAVE.classPath()));
    command.add("-Dconclave.log.level=WARN");
    command.add("conclave.cli.Main");
    command.addAll(arguments);
    return run(command, lines);
  }

  private static String withoutJLine(String classPath) {
    return Arrays.stream(classPath.split(File.pathSeparator))
        .filter(entry -> !entry.contains("jline"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String silence() {
    return String.valueOf(CommandProcess.class.getResource("/silent-logback.xml"));
  }

  private static Ended run(List<String> arguments, List<String> lines) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try {
        CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> readAll(process));
        try (OutputStream in = process.getOutputStream()) {
          in.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw new IllegalStateException("does not end: " + arguments);
        }
        return new Ended(process.exitValue(), output.join());
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String readAll(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
