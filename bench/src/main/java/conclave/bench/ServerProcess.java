package conclave.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One running server, Apache's or ours. */
final class ServerProcess implements UnderLoad {
  private static final long STOP_SECONDS = 60;
  private static final int LOG_TAIL_LINES = 30;
  private static final String MODE = "Mode: ";

  private final Process process;
  private final InetSocketAddress address;
  private final Path log;
  private final Path javaHome;
  private final long startedNanos;

  ServerProcess(
      Process process, InetSocketAddress address, Path log, Path javaHome, long startedNanos) {
    this.process = process;
    this.address = address;
    this.log = log;
    this.javaHome = javaHome;
    this.startedNanos = startedNanos;
  }

  InetSocketAddress address() {
    return address;
  }

  @Override
  public InetSocketAddress address(long n) {
    return address;
  }

  @Override
  public InetSocketAddress front() {
    return address;
  }

  /** The moment just before the process was executed, on {@link System#nanoTime()}'s scale. */
  long startedNanos() {
    return startedNanos;
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  /** A start script that doesn't replace itself by the JVM has it as its child. */
  private long jvmPid() {
    return process
        .descendants()
        .filter(child -> child.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .map(ProcessHandle::pid)
        .orElseGet(process::pid);
  }

  @Override
  public long cpuMicros() throws IOException {
    return ProcessFigures.cpuMicros(jvmPid());
  }

  long residentBytes() throws IOException {
    return ProcessFigures.residentBytes(jvmPid());
  }

  long liveHeapBytes() throws IOException, InterruptedException {
    return LiveHeap.bytes(javaHome, jvmPid());
  }

  String logTail() throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
    return String.join(
        "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
  }

  /** What the server says that it is: leader, follower; empty while it serves nobody. */
  Optional<String> mode() {
    try {
      return BlockingSession.fourLetterWord(address, "srvr")
          .lines()
          .filter(line -> line.startsWith(MODE))
          .map(line -> line.substring(MODE.length()))
          .findFirst();
    } catch (IOException notUp) {
      return Optional.empty();
    }
  }

  /** As {@code kill -9} does it; returns when it is gone. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops it without ending it, as {@code kill -STOP} does. */
  void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", "-" + name, Long.toString(jvmPid())).start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -" + name + " exited with " + exit);
    }
  }

  /** Asks the server to end and waits for it; kills it when it doesn't. */
  @Override
  public void close() throws IOException {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        throw new IOException(
            String.format(
                Locale.ROOT,
                "the server ignored SIGTERM for %d s; its log: %s",
                STOP_SECONDS,
                log));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
