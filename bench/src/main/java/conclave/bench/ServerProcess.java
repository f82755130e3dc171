package conclave.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** One running server, Apache's or ours. */
final class ServerProcess implements AutoCloseable {
  private static final long STOP_SECONDS = 60;
  private static final int LOG_TAIL_LINES = 30;

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

  /** The moment just before the process was executed, on {@link System#nanoTime()}'s scale. */
  long startedNanos() {
    return startedNanos;
  }

  boolean isAlive() {
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

  long cpuMicros() throws IOException {
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
