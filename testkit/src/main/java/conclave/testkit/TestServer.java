package conclave.testkit;

import conclave.server.ConclaveServer;
import conclave.server.config.ConfigException;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import conclave.server.loop.Fate;
import conclave.storage.Disk;
import conclave.storage.RealDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A standalone server inside the test's process, on a free port of the loopback interface, with its
 * data in a directory of its own that goes with it. Everything but the process is the real thing:
 * sockets, files, threads.
 */
public final class TestServer implements AutoCloseable {
  private final Path home;
  private final List<String> settings;
  private final Disk disk;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final Fate fate;
  private @Nullable ConclaveServer server;

  private TestServer(Path home, List<String> settings, Disk disk, @Nullable Fate fate) {
    this.home = home;
    this.settings = settings;
    this.disk = disk;
    this.fate = fate == null ? (code, what, cause) -> failures.add(cause) : fate;
  }

  /**
   * Starts a server.
   *
   * @param settings lines of a zoo.cfg, added to ticks of two seconds, no limit of connections, no
   *     AdminServer, and all four-letter words
   */
  public static TestServer start(String... settings) {
    return start(new RealDisk(), null, settings);
  }

  /**
   * The same on another disk.
   *
   * @param fate told when the server can't go on; with null {@link #close} fails then
   */
  static TestServer start(Disk disk, @Nullable Fate fate, String... settings) {
    try {
      TestServer test =
          new TestServer(Files.createTempDirectory("conclave-test"), List.of(settings), disk, fate);
      test.launch();
      return test;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code host:port}, as clients want it. */
  public String connectString() {
    return "127.0.0.1:" + port();
  }

  /** The client port. */
  public int port() {
    return server().clientPort();
  }

  public ConclaveServer server() {
    ConclaveServer running = server;
    if (running == null) {
      throw new IllegalStateException("the server is stopped");
    }
    return running;
  }

  /** Where the data is. */
  public Path dataDir() {
    return home.resolve("data");
  }

  /** Stops the server in good order; its data stay. */
  public void stop() {
    ConclaveServer running = server;
    server = null;
    if (running != null) {
      running.close();
    }
  }

  /** Stops the server if it runs, and starts one on the same data, at another port. */
  public void restart() {
    stop();
    try {
      launch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Stops the server, removes its data, and fails when the server had met what it could not
   * explain.
   */
  @Override
  public void close() {
    stop();
    delete(home);
    if (!failures.isEmpty()) {
      throw new AssertionError("the server could not go on", failures.get(0));
    }
  }

  private void launch() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("dataDir=" + dataDir());
    lines.add("clientPort=0");
    lines.add("clientPortAddress=127.0.0.1");
    if (settings.stream().noneMatch(line -> line.startsWith("tickTime"))) {
      lines.add("tickTime=2000");
    }
    if (settings.stream().noneMatch(line -> line.startsWith("maxClientCnxns"))) {
      lines.add("maxClientCnxns=0");
    }
    lines.add("4lw.commands.whitelist=*");
    if (settings.stream().noneMatch(line -> line.startsWith("admin."))) {
      lines.add("admin.enableServer=false");
    }
    lines.addAll(settings);
    Path file = Files.write(home.resolve("zoo.cfg"), lines);
    server = ConclaveServer.start(load(file), fate, disk);
  }

  static ServerConfig load(Path file) {
    try {
      return ZooCfg.load(file, Map.of());
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
