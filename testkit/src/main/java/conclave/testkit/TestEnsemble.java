package conclave.testkit;

import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.server.ConclaveServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * An ensemble inside the test's process: every member has its own threads, files, and ports on the
 * loopback interface, and is stopped and started as one likes. Members are known by their numbers,
 * from 1; observers come last.
 *
 * <pre>{@code
 * try (TestEnsemble ensemble = TestEnsemble.start(3)) {
 *   ZooKeeper client = new ZooKeeper(ensemble.connectString(), 10_000, null);
 *   ensemble.stopMember(ensemble.leader());
 *   ...
 * }
 * }</pre>
 */
public final class TestEnsemble implements AutoCloseable {
  /** Elections take a fraction of a second; machines that build other things take longer. */
  private static final long LONGEST_WAIT_MS = 60_000;

  private static final long POLL_NANOS = 5_000_000;
  private static final int MOST_ATTEMPTS = 5;

  private final Path home;
  private final int participants;
  private final List<String> settings;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final SortedMap<Long, Ports> ports = new TreeMap<>();
  private final SortedMap<Long, ConclaveServer> running = new TreeMap<>();

  private record Ports(int client, int quorum, int election) {}

  private TestEnsemble(Path home, int participants, List<String> settings) {
    this.home = home;
    this.participants = participants;
    this.settings = settings;
  }

  /**
   * Starts an ensemble and waits until every member serves.
   *
   * @param settings lines of every member's zoo.cfg, added to ticks of half a second, no limit of
   *     connections, no AdminServer, and all four-letter words
   */
  public static TestEnsemble start(int participants, String... settings) {
    return start(participants, 0, settings);
  }

  /** The same with observers besides. */
  public static TestEnsemble start(int participants, int observers, String... settings) {
    if (participants < 2 || observers < 0) {
      throw new IllegalArgumentException(
          "participants="
              + participants
              + " observers="
              + observers
              + ": for one server there is TestServer");
    }
    TestEnsemble ensemble = null;
    try {
      ensemble =
          new TestEnsemble(
              Files.createTempDirectory("conclave-ensemble"), participants, List.of(settings));
      ensemble.launch(participants + observers);
      ensemble.awaitServing();
      return ensemble;
    } catch (IOException | RuntimeException e) {
      if (ensemble != null) {
        ensemble.abandon();
      }
      throw e instanceof IOException io ? new UncheckedIOException(io) : (RuntimeException) e;
    }
  }

  /** Somebody else may take a port between the choice and the start. */
  private void launch(int size) throws IOException {
    for (int attempt = 1; ; attempt++) {
      choosePorts(size);
      try {
        for (long id : ports.keySet()) {
          launch(id);
        }
        return;
      } catch (BindException e) {
        stopAll();
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void choosePorts(int size) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 3 * size; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      for (int i = 0; i < size; i++) {
        ports.put(
            i + 1L,
            new Ports(
                sockets.get(3 * i).getLocalPort(),
                sockets.get(3 * i + 1).getLocalPort(),
                sockets.get(3 * i + 2).getLocalPort()));
      }
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private void launch(long id) throws IOException {
    Path own = home.resolve(Long.toString(id));
    Path data = own.resolve("data");
    Files.createDirectories(data);
    Files.writeString(data.resolve("myid"), id + "\n");
    List<String> lines = new ArrayList<>();
    lines.add("dataDir=" + data);
    lines.add("clientPort=" + ports(id).client());
    lines.add("clientPortAddress=127.0.0.1");
    unlessGiven(lines, "tickTime", "500");
    unlessGiven(lines, "initLimit", "20");
    unlessGiven(lines, "syncLimit", "10");
    unlessGiven(lines, "maxClientCnxns", "0");
    unlessGiven(lines, "preAllocSize", "64");
    unlessGiven(lines, "4lw.commands.whitelist", "*");
    unlessGiven(lines, "admin.enableServer", "false");
    ports.forEach((sid, at) -> lines.add(line(sid, at)));
    if (id > participants) {
      lines.add("peerType=observer");
    }
    lines.addAll(settings);
    Path file = Files.write(own.resolve("zoo.cfg"), lines);
    running.put(
        id,
        ConclaveServer.start(TestServer.load(file), (code, what, cause) -> failures.add(cause)));
  }

  private void unlessGiven(List<String> lines, String key, String value) {
    if (settings.stream().noneMatch(line -> line.startsWith(key + "="))) {
      lines.add(key + "=" + value);
    }
  }

  private String line(long id, Ports at) {
    return "server.%d=127.0.0.1:%d:%d:%s"
        .formatted(id, at.quorum(), at.election(), id > participants ? "observer" : "participant");
  }

  private Ports ports(long id) {
    Ports its = ports.get(id);
    if (its == null) {
      throw new IllegalArgumentException("there is no member " + id + " in " + ports.keySet());
    }
    return its;
  }

  // --- what there is

  /** Every member's {@code host:port}, with commas between, as clients want it. */
  public String connectString() {
    return ports.keySet().stream().map(this::connectString).collect(Collectors.joining(","));
  }

  /** One member's {@code host:port}; it stays the same over restarts. */
  public String connectString(long id) {
    return "127.0.0.1:" + ports(id).client();
  }

  /** The numbers of all members. */
  public List<Long> members() {
    return List.copyOf(ports.keySet());
  }

  /** The numbers of those that run, in ascending order. */
  public List<Long> running() {
    return List.copyOf(running.keySet());
  }

  /** Those that run and don't lead. */
  public List<Long> followers() {
    long leader = leader();
    return running.keySet().stream().filter(id -> id != leader && id <= participants).toList();
  }

  /** A member that runs. */
  public ConclaveServer server(long id) {
    ConclaveServer server = running.get(id);
    if (server == null) {
      throw new IllegalStateException("member " + id + " does not run: " + ports(id));
    }
    return server;
  }

  /** Where a member's data is. */
  public Path dataDir(long id) {
    ports(id);
    return home.resolve(Long.toString(id)).resolve("data");
  }

  /** The member that leads; waits until there is one. */
  public long leader() {
    await("there is a leader", () -> currentLeader().isPresent());
    return currentLeader().orElseThrow();
  }

  /** The member that leads at the moment and serves as such. */
  public OptionalLong currentLeader() {
    return running.entrySet().stream()
        .filter(
            member -> {
              RoleView role = member.getValue().role();
              return role.role() == RoleView.Part.LEADING && role.serving() != Serving.NOBODY;
            })
        .mapToLong(member -> member.getKey())
        .findFirst();
  }

  /** Waits until every member that runs serves clients. */
  public void awaitServing() {
    await(
        "every member serves",
        () ->
            running.values().stream()
                .allMatch(server -> server.role().serving() == Serving.EVERYBODY));
  }

  private void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LONGEST_WAIT_MS);
    while (!condition.getAsBoolean()) {
      failIfBroken();
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "not within " + LONGEST_WAIT_MS + " ms: " + what + "; members are " + roles());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private SortedMap<Long, RoleView> roles() {
    SortedMap<Long, RoleView> roles = new TreeMap<>();
    running.forEach((id, server) -> roles.put(id, server.role()));
    return Collections.unmodifiableSortedMap(roles);
  }

  // --- what one does to it

  /** Stops a member in good order; its data stay. */
  public void stopMember(long id) {
    ConclaveServer server = server(id);
    running.remove(id);
    server.close();
  }

  /** Starts a member that was stopped, on its data and its ports; does not wait for it to serve. */
  public void startMember(long id) {
    if (running.containsKey(id)) {
      throw new IllegalStateException("member " + id + " runs");
    }
    try {
      launch(id);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Stops all members, removes their data, and fails when one of them had met what it could not
   * explain.
   */
  @Override
  public void close() {
    abandon();
    failIfBroken();
  }

  private void abandon() {
    stopAll();
    TestServer.delete(home);
  }

  private void stopAll() {
    running.values().forEach(ConclaveServer::close);
    running.clear();
  }

  private void failIfBroken() {
    if (!failures.isEmpty()) {
      throw new AssertionError("a member could not go on", failures.get(0));
    }
  }
}
