package conclave.compat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * An ensemble of real processes, each of a kind of its own, on loopback. Servers are known by their
 * ids, from 1.
 */
final class Ensemble implements AutoCloseable {
  /** Long enough for elections and process starts on a machine that is busy with other things. */
  static final Duration LIMIT = Duration.ofSeconds(120);

  static final int TICK_MS = 500;
  static final int SYNC_LIMIT = 10;
  private static final String CONFIG = "/zookeeper/config";

  private final Mix mix;
  private final List<ServerProcess> servers = new ArrayList<>();
  private final List<Integer> quorumPorts = new ArrayList<>();
  private final List<Integer> electionPorts = new ArrayList<>();
  // Whoever ends this JVM ends the servers with it, also when no test comes to its end.
  private final Thread lastWill = new Thread(this::killAll, "ends the ensemble");

  private Ensemble(Mix mix) {
    this.mix = mix;
  }

  /** What all servers of an ensemble have in common. */
  static ServerSpec spec() {
    return ServerSpec.full()
        .with("tickTime", Integer.toString(TICK_MS))
        .with("initLimit", "20")
        .with("syncLimit", Integer.toString(SYNC_LIMIT))
        .with("maxClientCnxns", "0")
        .with("preAllocSize", "64");
  }

  /** Starts it with the last voter as its leader and waits until every server serves. */
  static Ensemble start(Mix mix) {
    return start(mix, spec());
  }

  static Ensemble start(Mix mix, ServerSpec spec) {
    Ensemble ensemble = prepare(mix, spec);
    try {
      ensemble.launchAll();
      ensemble.awaitServing();
      int wanted = mix.voters().size();
      if (ensemble.leader() != wanted) {
        throw new IllegalStateException("led by " + ensemble.leader() + ", not by " + wanted);
      }
      return ensemble;
    } catch (RuntimeException e) {
      System.err.println(ensemble.logs());
      ensemble.close();
      throw e;
    }
  }

  /** Directories, configurations and ports, and no process yet. */
  static Ensemble prepare(Mix mix, ServerSpec spec) {
    Ensemble ensemble = new Ensemble(mix);
    Runtime.getRuntime().addShutdownHook(ensemble.lastWill);
    try {
      for (int sid = 1; sid <= mix.size(); sid++) {
        ensemble.quorumPorts.add(ServerProcess.freePort());
        ensemble.electionPorts.add(ServerProcess.freePort());
      }
      for (int sid = 1; sid <= mix.size(); sid++) {
        ServerProcess server =
            ServerProcess.prepare(
                mix.kind(sid), ensemble.memberSpec(spec, sid), ServerProcess.freePort());
        ensemble.servers.add(server);
        Files.createDirectories(ensemble.dataDirectory(sid));
        Files.writeString(ensemble.dataDirectory(sid).resolve("myid"), sid + "\n", UTF_8);
      }
      return ensemble;
    } catch (IOException e) {
      ensemble.close();
      throw new UncheckedIOException(e);
    }
  }

  private ServerSpec memberSpec(ServerSpec spec, int sid) {
    ServerSpec member = spec;
    for (int other = 1; other <= mix.size(); other++) {
      member =
          member.with(
              "server." + other,
              "127.0.0.1:%d:%d:%s"
                  .formatted(
                      quorumPorts.get(other - 1),
                      electionPorts.get(other - 1),
                      mix.isObserver(other) ? "observer" : "participant"));
    }
    return mix.isObserver(sid) ? member.with("peerType", "observer") : member;
  }

  /**
   * Starts all, the last voter first: then it is there when the first quorum comes together, and
   * wins with equal histories.
   */
  void launchAll() {
    int favourite = mix.voters().size();
    server(favourite).launch();
    await("server " + favourite + " listens", () -> listens(favourite));
    for (int sid : sids()) {
      if (sid != favourite) {
        server(sid).launch();
      }
    }
  }

  private boolean listens(int sid) {
    try {
      return server(sid).word("ruok").contains("imok");
    } catch (IOException e) {
      return false;
    }
  }

  Mix mix() {
    return mix;
  }

  List<Integer> sids() {
    return IntStream.rangeClosed(1, mix.size()).boxed().toList();
  }

  /** The voters other than this one, by id. */
  List<Integer> votersBut(int sid) {
    return IntStream.rangeClosed(1, mix.voters().size())
        .filter(other -> other != sid)
        .boxed()
        .toList();
  }

  ServerProcess server(int sid) {
    return servers.get(sid - 1);
  }

  /** The one server that leads now; waits until there is one. */
  int leader() {
    return awaitLeader(LIMIT);
  }

  int awaitLeader(Duration limit) {
    List<Integer> found = new ArrayList<>();
    await(
        "one leader",
        limit,
        () -> {
          found.clear();
          for (int sid : sids()) {
            if (server(sid).running()
                && server(sid).mode().filter(mode -> mode.equals("leader")).isPresent()) {
              found.add(sid);
            }
          }
          return found.size() == 1;
        });
    return found.get(0);
  }

  /** A voter that doesn't lead. */
  int follower() {
    int leader = leader();
    return votersBut(leader).stream()
        .filter(sid -> server(sid).running())
        .findFirst()
        .orElseThrow();
  }

  /** Waits until every running server serves, and until they have a leader. */
  void awaitServing() {
    for (int sid : sids()) {
      ServerProcess server = server(sid);
      if (server.running()) {
        server.awaitServing();
      }
    }
    leader();
  }

  /** Whether a server answers reads and writes of clients, as it says. */
  boolean serves(int sid) {
    return server(sid).running() && server(sid).mode().isPresent();
  }

  /** All servers that run, for a client. */
  String connectString() {
    return servers.stream().map(ServerProcess::connectString).collect(Collectors.joining(","));
  }

  InetSocketAddress electionAddress(int sid) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), electionPorts.get(sid - 1));
  }

  InetSocketAddress quorumAddress(int sid) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), quorumPorts.get(sid - 1));
  }

  Path dataDirectory(int sid) {
    return server(sid).home().resolve("data");
  }

  /** A session of the super user. */
  Wire superUser(int sid) throws IOException {
    Wire wire = Wire.session(server(sid));
    wire.ok(Requests.auth("digest", "super:secret"));
    return wire;
  }

  /** Whether some file of the server's log or snapshots has these bytes. */
  boolean hasOnDisk(int sid, String text) {
    try (var files = Files.walk(dataDirectory(sid))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, ISO_8859_1).contains(text)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts those that don't run and waits until all serve, the leader with all that follow it. */
  void restoreAll() {
    for (int sid : sids()) {
      if (!server(sid).alive()) {
        server(sid).launch();
      }
    }
    awaitServing();
    awaitFollowers(mix.voters().size() - 1);
  }

  /** Waits until the leader has so many followers that are in sync with it. */
  void awaitFollowers(int count) {
    await(
        count + " synced followers",
        () -> {
          int leader = leader();
          return figure(leader, "zk_synced_followers").orElse(-1) == count;
        });
  }

  /** The trees of all running servers, each read through that server, after a sync. */
  Map<Integer, Map<String, String>> trees() throws IOException {
    Map<Integer, Map<String, String>> trees = new LinkedHashMap<>();
    for (int sid : sids()) {
      if (server(sid).running()) {
        try (Wire wire = superUser(sid)) {
          wire.ok(Requests.sync("/"));
          Map<String, String> tree = TreeDump.of(wire);
          // Each server writes this one by itself at its start; its time is that server's own.
          tree.computeIfPresent(CONFIG, (path, node) -> node.replaceFirst("mtime=\\d+", "mtime"));
          trees.put(sid, tree);
          wire.endSession();
        }
      }
    }
    return trees;
  }

  /** Digests of the tree by the transaction after which it had them, as the word "hash" tells. */
  Map<String, String> digests(int sid) throws IOException {
    Map<String, String> digests = new TreeMap<>();
    for (String line : server(sid).word("hash").lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        digests.put(line.substring(0, colon).trim(), line.substring(colon + 1).trim());
      }
    }
    return digests;
  }

  /** One figure of "mntr"; empty if the server doesn't have it. */
  OptionalLong figure(int sid, String name) throws IOException {
    return server(sid)
        .word("mntr")
        .lines()
        .filter(line -> line.startsWith(name + "\t"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length() + 1).trim()))
        .findFirst();
  }

  static void await(String what, Callable<Boolean> condition) {
    await(what, LIMIT, condition);
  }

  static void await(String what, Duration limit, Callable<Boolean> condition) {
    try {
      Awaitility.await(what)
          .atMost(limit)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not within " + limit + ": " + what, e);
    }
  }

  /** The last of what each server printed. */
  String logs() {
    StringBuilder text = new StringBuilder();
    for (int sid : sids()) {
      ServerProcess server = server(sid);
      text.append("--- server ").append(sid).append(", ").append(server);
      text.append(server.running() ? "" : ", doesn't run").append('\n');
      text.append(ServerLogOnFailure.tail(server.log())).append('\n');
    }
    return text.toString();
  }

  private void killAll() {
    for (ServerProcess server : servers) {
      if (server.alive()) {
        server.killNow();
      }
    }
  }

  @Override
  public void close() {
    killAll();
    for (ServerProcess server : servers) {
      server.close();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(lastWill);
    } catch (IllegalStateException shuttingDown) {
      // Then the hook runs anyway, and finds nothing to do.
      return;
    }
  }

  @Override
  public String toString() {
    return mix.toString();
  }
}
