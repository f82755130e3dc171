package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The command that is run, with this process's own input and output. Whoever ends it by force ends
 * what it has started too, as far as that can be found; a signal that is passed on goes to it
 * alone.
 */
final class Child {
  /** What shells say of a command that can't be executed. */
  static final int NOT_EXECUTABLE = 126;

  static final int NOT_FOUND = 127;

  private final Process process;

  private Child(Process process) {
    this.process = process;
  }

  static Child start(List<String> command, Map<String, String> environment) throws CommandFailure {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    builder.environment().putAll(environment);
    try {
      return new Child(builder.start());
    } catch (IOException e) {
      String name = command.get(0);
      boolean isThere = name.indexOf(File.separatorChar) >= 0 && new File(name).exists();
      boolean forbidden = isThere || String.valueOf(e.getMessage()).contains("error=13");
      throw forbidden
          ? new CommandFailure(NOT_EXECUTABLE, name + " can't be executed.", e)
          : new CommandFailure(NOT_FOUND, name + ": there is no such command.", e);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Its exit code; 128 and the signal's number when a signal has ended it. */
  int await() throws InterruptedException {
    return process.waitFor();
  }

  boolean await(long ms) throws InterruptedException {
    return process.waitFor(ms, TimeUnit.MILLISECONDS);
  }

  /** Passes a signal on to the command. */
  void signal(String name) {
    if (name.equals("TERM")) {
      process.destroy();
      return;
    }
    try {
      new ProcessBuilder("kill", "-s", name, Long.toString(process.pid()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      process.destroy();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks the command and all that it has started to end. */
  void terminate() {
    descendants().forEach(ProcessHandle::destroy);
    process.destroy();
  }

  /** Ends the command and all that it has started at once. */
  void kill() {
    List<ProcessHandle> all = descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
  }

  private Stream<ProcessHandle> descendants() {
    return process.descendants();
  }
}
