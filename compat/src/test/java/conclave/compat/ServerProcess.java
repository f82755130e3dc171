package conclave.compat;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.protocol.SessionPassword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A server as a real process of its own, in a temporary directory, on a free port. It can be killed
 * and started again on the same directories, also by another implementation.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Duration END_SESSION_LIMIT = Duration.ofSeconds(60);
  private static final int WORD_LIMIT_MS = 60_000;
  private static final int READY_LIMIT_MS = 1_000;
  private static final int TAKEN_UP_MS = 20_000;
  private static final int FIRST_PORT = 12_000;
  private static final int PORTS = 4_000;

  /** By Surefire, counted from 1: which of the JVMs that share the tests this is. */
  private static final int FORK =
      Integer.parseInt(System.getProperty("conclave.test.jvm", "jvm1").substring(3)) % 5;

  /** From anywhere, as somebody else may run the suite on the same machine. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

  private static final Duration START_LIMIT = Duration.ofSeconds(120);

  private final Path home;
  private final int port;
  private ServerSpec spec;
  private Target target;
  private @Nullable Process process;
  private boolean paused;

  private ServerProcess(Target target, ServerSpec spec, Path home, int port) {
    this.target = target;
    this.spec = spec;
    this.home = home;
    this.port = port;
  }

  /** A server that isn't started yet, with directories of its own. */
  static ServerProcess prepare(Target target, ServerSpec spec, int port) throws IOException {
    return new ServerProcess(target, spec, Files.createTempDirectory("conclave-compat-"), port);
  }

  /** Starts a fresh server and waits until it serves. */
  public static ServerProcess start(Target target, ServerSpec spec) {
    try {
      ServerProcess server = prepare(target, spec, freePort());
      server.launch();
      server.awaitServing();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts again on the same directories and port. */
  public void restart() {
    restartAs(target, spec);
  }

  /** Starts the given implementation on the directories that this one left behind. */
  void restartAs(Target newTarget, ServerSpec newSpec) {
    launchAs(newTarget, newSpec);
    awaitServing();
  }

  /** Starts, and doesn't wait until it serves: it may have to find a quorum first. */
  void launch() {
    launchAs(target, spec);
  }

  /** As {@link #launch}, as another implementation or with another configuration. */
  void launchAs(Target newTarget, ServerSpec newSpec) {
    if (alive()) {
      throw new IllegalStateException("still alive: " + this);
    }
    target = newTarget;
    spec = newSpec;
    paused = false;
    try {
      process = startProcess();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL: no hook, no flush, what was not on disk is gone. */
  public void kill() {
    process().destroyForcibly();
    awaitExit();
  }

  /** SIGKILL that isn't waited for, for several that are to die at once. */
  void killNow() {
    process().destroyForcibly();
  }

  /** SIGTERM. Returns the exit code. */
  public int stop() {
    process().destroy();
    awaitExit();
    return process().exitValue();
  }

  /** SIGSTOP: connections stay, the kernel goes on receiving, nobody answers. */
  public void pause() {
    signal("STOP");
    paused = true;
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
    paused = false;
  }

  private void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("no signal " + name + " for " + this);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** SIGTERM, without waiting for what comes of it. */
  void signal() {
    process.destroy();
  }

  public boolean alive() {
    return process != null && process.isAlive();
  }

  /** Alive, and not stopped by {@link #pause}. */
  boolean running() {
    return alive() && !paused;
  }

  public long pid() {
    return process().pid();
  }

  private Process process() {
    if (process == null) {
      throw new IllegalStateException("never started: " + this);
    }
    return process;
  }

  ServerSpec spec() {
    return spec;
  }

  public int port() {
    return port;
  }

  public Target target() {
    return target;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  public String connectString() {
    return "127.0.0.1:" + port;
  }

  Path home() {
    return home;
  }

  /**
   * Ends somebody's session, whose password follows from its number. To its owner, who may be dead
   * or stand still, and to all that wait for its end, it is as if it had expired; without the wait.
   *
   * <p>Apache's server, whose old connection of that session ends at the same time, now and then
   * hangs up without an answer: then it is asked again, until it knows of no such session.
   */
  public void endSession(long id) {
    Awaitility.await()
        .atMost(END_SESSION_LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> hasNoSession(id));
  }

  /** Whether it knows of no such session any more; it is asked to end it if it does. */
  private boolean hasNoSession(long id) throws IOException {
    try (Wire wire = Wire.open(this)) {
      Session session = new Session(0, TAKEN_UP_MS, id, SessionPassword.of(id), new byte[0]);
      if (wire.shake(Handshake.resume(session)).id() == id) {
        wire.endSession();
      }
      return true;
    }
  }

  /** Everything that the process printed since its first start. */
  public String log() {
    try {
      return Files.exists(logFile()) ? Files.readString(logFile(), UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a four-letter word and reads the answer up to the end of the connection. */
  public String word(String word) throws IOException {
    return word(word.getBytes(US_ASCII));
  }

  String word(byte[] word) throws IOException {
    return word(word, WORD_LIMIT_MS);
  }

  /** As it says by itself: leader, follower, observer, standalone; empty while it doesn't serve. */
  Optional<String> mode() {
    try {
      // The one word that is never switched off by default.
      // A server that is still loading its files may leave a question open for long: ask again.
      return word("srvr".getBytes(US_ASCII), READY_LIMIT_MS)
          .lines()
          .filter(line -> line.startsWith("Mode: "))
          .map(line -> line.substring("Mode: ".length()))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private String word(byte[] word, int limitMs) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(address(), limitMs);
      socket.setSoTimeout(limitMs);
      socket.getOutputStream().write(word);
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  /** Stops the process and removes its directories. */
  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
      awaitExit();
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return target + " on port " + port + " in " + home;
  }

  private Process startProcess() throws IOException {
    Path config = home.resolve("zoo.cfg");
    Files.writeString(config, configText(), UTF_8);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(ClassArchive.flags(target));
    if (target.isApache()) {
      command.add("-Dlogback.configurationFile=" + resource("/apache-server-logback.xml"));
      // Versions before 3.8 would look for log4j, which we don't have.
      command.add("-Dzookeeper.jmx.log4j.disable=true");
    }
    spec.properties().forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-cp", target.classPath()));
    command.addAll(target.command(config));
    return new ProcessBuilder(command)
        .directory(home.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
        .start();
  }

  private String configText() {
    StringBuilder text = new StringBuilder();
    text.append("clientPort=").append(port).append('\n');
    text.append("dataDir=").append(home.resolve("data")).append('\n');
    spec.config().forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    return text.toString();
  }

  private Path logFile() {
    return home.resolve("server.log");
  }

  void awaitServing() {
    try {
      Awaitility.await()
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !alive() || mode().isPresent());
    } catch (ConditionTimeoutException e) {
      process().destroyForcibly();
      throw new IllegalStateException("does not serve: " + this + "\n" + log(), e);
    }
    if (!alive()) {
      throw new IllegalStateException(
          "ended with " + process().exitValue() + ": " + this + "\n" + log());
    }
  }

  private void awaitExit() {
    try {
      if (!process().waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("does not end: " + this + "\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * A port that nobody listens on, from below the range that the system gives to outgoing
   * connections: the suite opens thousands of those, and one of them could take the server's port
   * while the server is down. JVMs that run at the same time have ranges of their own, and none
   * gives a port twice before it has given all the others.
   */
  static int freePort() {
    for (int attempt = 0; attempt < PORTS; attempt++) {
      int candidate = FIRST_PORT + FORK * PORTS + NEXT_PORT.getAndIncrement() % PORTS;
      try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException e) {
        // Taken: try another one.
      }
    }
    throw new IllegalStateException("no free port");
  }

  private static String resource(String name) {
    var url = ServerProcess.class.getResource(name);
    if (url == null) {
      throw new IllegalStateException("no resource " + name);
    }
    return url.toString();
  }
}
