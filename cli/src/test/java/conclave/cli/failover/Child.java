package conclave.cli.failover;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that a test starts, hurts and starts again. */
final class Child implements AutoCloseable {
  private final String name;
  private final Path log;
  private final Map<String, String> environment;
  private final List<String> command;
  private Process process;

  Child(String name, Path directory, Map<String, String> environment, List<String> command) {
    this.name = name;
    this.environment = environment;
    this.command = command;
    log = directory.resolve(name + ".log");
  }

  /** One of the conclave command, on this JVM and this class path. */
  static Child conclave(String name, Path directory, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "conclave.cli.Main"));
    command.addAll(List.of(arguments));
    return new Child(name, directory, Map.of(), command);
  }

  Child start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    process = builder.start();
    return this;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  void stop() throws IOException, InterruptedException {
    signal("STOP");
  }

  void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String signal) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start().waitFor();
  }

  /** Asks it to end, and waits for that. */
  int end() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError(name + " does not end");
    }
    return process.exitValue();
  }

  String log() throws IOException {
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** Whether it runs, and the last lines of its log, for the message of a test that fails. */
  String tail(int count) throws IOException {
    List<String> lines = log().lines().toList();
    List<String> last = lines.subList(Math.max(0, lines.size() - count), lines.size());
    String runs = process == null ? "was not started" : isAlive() ? "runs" : "has ended";
    return "--- %s, which %s, the last %d of %d lines of its log\n%s\n"
        .formatted(name, runs, last.size(), lines.size(), String.join("\n", last));
  }

  @Override
  public void close() throws InterruptedException {
    if (process != null) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      kill();
    }
  }
}
