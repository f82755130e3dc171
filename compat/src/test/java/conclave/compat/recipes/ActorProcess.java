package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.compat.ClassArchive;
import conclave.compat.ServerProcess;
import conclave.compat.ServerSpec;
import conclave.compat.Target;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own that takes part in a recipe: it runs a {@code main} of the tests' class
 * path, which tells by lines what happens to it and is told by lines what to do, and returns at
 * {@code end}.
 */
public final class ActorProcess implements AutoCloseable {
  private static final int WAIT_SECONDS = 120;
  private static final int REHEARSAL_SESSION_MS = 20_000;
  private static final String CLASS_PATH = classPath();

  /** For 50 of them on a small machine. */
  private static final List<String> SMALLEST = List.of("-Xmx24m", "-Xss256k");

  private final Process process;
  private final PrintWriter toIt;
  private final Thread reader;
  private boolean paused;

  /** Guarded by itself, as {@link #all} is. */
  private final List<String> unread = new ArrayList<>();

  private final List<String> all = new ArrayList<>();

  private ActorProcess(Process process) {
    this.process = process;
    this.toIt = new PrintWriter(process.outputWriter(UTF_8), true);
    this.reader = new Thread(this::read, "actor-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a small JVM that is idle. */
  static ActorProcess start() {
    return start(List.of("-Xmx96m"));
  }

  /** Starts one that is as small as can be. */
  static ActorProcess startSmallest() {
    return start(SMALLEST);
  }

  private static ActorProcess start(List<String> limits) {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(limits);
    java.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    java.addAll(ClassArchive.flags("actors", CLASS_PATH, ActorProcess::rehearse));
    java.addAll(List.of("-cp", CLASS_PATH));
    try {
      return host(java);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ActorProcess host(List<String> java) throws IOException {
    List<String> command = new ArrayList<>(java);
    command.add(ActorHost.class.getName());
    return new ActorProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private static void rehearse(List<String> java, Path home)
      throws IOException, InterruptedException {
    try (ServerProcess server = ServerProcess.start(Target.CONCLAVE, ServerSpec.standard())) {
      ActorProcess actor = host(java);
      actor.run(RehearsingActor.class, REHEARSAL_SESSION_MS, server.connectString());
      actor.await(ActorHost.IDLE);
      // The end of its input, upon which it ends.
      actor.toIt.close();
      actor.awaitEnd();
    }
  }

  /** This JVM's, with the tests' own classes as a jar where there is one. */
  private static String classPath() {
    String jar = System.getProperty("conclave.compat.testJar", "");
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> entry.endsWith("test-classes") && new File(jar).isFile() ? jar : entry)
        .filter(entry -> new File(entry).exists())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Has it run the class's {@code main}, with such sessions; it must be idle. */
  void run(Class<?> main, int sessionMs, String... arguments) {
    synchronized (unread) {
      all.clear();
      unread.clear();
    }
    tell(main.getName() + " " + sessionMs + " " + String.join(" ", arguments));
  }

  /** Ends what it runs, if it is alive and does so in time. */
  boolean endsWithin(int limitMs) throws InterruptedException {
    if (!process.isAlive() || paused) {
      return false;
    }
    tell("end");
    return await(ActorHost.IDLE, limitMs) != null;
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
    String rest = await(word, WAIT_SECONDS * 1_000);
    if (rest == null) {
      throw new AssertionError("no \"" + word + "\" from " + this);
    }
    return rest;
  }

  private @Nullable String await(String word, int limitMs) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
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
          return null;
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

  /** SIGKILL. By its return all that it has said is in {@link #said}. */
  public void kill() throws InterruptedException {
    // Not by the process: that closes this end of its output, and what was not read yet is gone.
    process.toHandle().destroyForcibly();
    if (!process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("does not end: " + this);
    }
    reader.join(WAIT_SECONDS * 1_000L);
  }

  /** SIGSTOP: connections stay, nobody answers. */
  public void pause() throws InterruptedException {
    signal("STOP");
    paused = true;
  }

  /** SIGCONT. */
  public void resume() throws InterruptedException {
    signal("CONT");
    paused = false;
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
    return "process " + process.pid() + ", which has said " + said();
  }
}
