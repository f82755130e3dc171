package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A process of its own that takes part in a recipe: a {@code main} of the tests' class path, which
 * tells by lines what happens to it and is told by lines what to do.
 */
public final class ActorProcess implements AutoCloseable {
  private static final int WAIT_SECONDS = 30;

  private final String name;
  private final Process process;
  private final PrintWriter toIt;

  /** Guarded by itself, as {@link #all} is. */
  private final List<String> unread = new ArrayList<>();

  private final List<String> all = new ArrayList<>();

  private ActorProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.toIt = new PrintWriter(process.outputWriter(UTF_8), true);
    Thread reader = new Thread(this::read, name + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts the class's {@code main} in a small JVM. */
  public static ActorProcess start(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx96m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new ActorProcess(main.getSimpleName() + "-" + process.pid(), process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        synchronized (unread) {
          all.add(line);
          unread.add(line);
          unread.notifyAll();
        }
      }
    } catch (IOException e) {
      // It has ended.
    }
  }

  /** The rest of the first line that begins with this word and was not awaited before. */
  public String await(String word) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    synchronized (unread) {
      while (true) {
        for (String line : unread) {
          if (line.equals(word) || line.startsWith(word + " ")) {
            unread.remove(line);
            return line.substring(word.length()).trim();
          }
        }
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (leftMs <= 0) {
          throw new AssertionError("no \"" + word + "\" from " + this);
        }
        unread.wait(leftMs);
      }
    }
  }

  /** Everything that it has said so far. */
  public List<String> said() {
    synchronized (unread) {
      return List.copyOf(all);
    }
  }

  /** Writes a line to its standard input. */
  public void tell(String line) {
    toIt.println(line);
  }

  /** SIGKILL. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("does not end: " + this);
    }
  }

  /** SIGSTOP: connections stay, nobody answers. */
  public void pause() throws InterruptedException {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() throws InterruptedException {
    signal("CONT");
  }

  private void signal(String signal) throws InterruptedException {
    try {
      String pid = Long.toString(process.pid());
      if (new ProcessBuilder("kill", "-" + signal, pid).start().waitFor() != 0) {
        throw new IllegalStateException("no signal " + signal + " for " + this);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it has ended by itself; its exit code. */
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("does not end: " + this);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return name + ", which has said " + said();
  }
}
