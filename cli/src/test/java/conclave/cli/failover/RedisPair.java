package conclave.cli.failover;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.failover.ClusterStatus;
import conclave.failover.ConfigFile;
import conclave.failover.ElectorState;
import conclave.failover.FailoverConfig;
import conclave.failover.NodeStatus;
import conclave.failover.ServiceState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** All the processes of the Redis test, and what can be done to them. */
final class RedisPair implements AutoCloseable {
  private static final int SERVERS = 3;
  private static final int SESSION_MS = 4_000;
  private static final long SUPERVISOR_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int LOG_LINES = 150;
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

  /** What happens, and whether another Redis server has to be active after it. */
  enum Fault {
    KILL_REDIS("kill -9 of the active Redis", true),
    STOP_REDIS("SIGSTOP of the active Redis", true),
    KILL_CONTROLLER("kill -9 of the active's controller", true),
    STOP_CONTROLLER("SIGSTOP of the active's controller", true),
    CUT_NETWORK("network of the active cut", true),
    GRACEFUL("conclave failover --to", true),
    KILL_LEADER("kill -9 of the ensemble's leader", false),
    STOP_LEADER("SIGSTOP of the ensemble's leader", false);

    private final String text;
    private final boolean failsOver;

    Fault(String text, boolean failsOver) {
      this.text = text;
      this.failsOver = failsOver;
    }
  }

  /** One of the two. */
  private static final class Side {
    private final String name;
    private final int redisPort;
    private final int controlPort;
    private Child redis;
    private Child controller;

    /** Through these it reaches the others. */
    private final List<CuttableProxy> network = new ArrayList<>();

    private Path config;

    private Side(String name, int redisPort, int controlPort) {
      this.name = name;
      this.redisPort = redisPort;
      this.controlPort = controlPort;
    }
  }

  private final Path directory;
  private final Thread supervisor = new Thread(this::supervise, "supervisor");
  private volatile boolean over;
  private final List<Child> ensemble = new ArrayList<>();
  private final int[] clientPorts = new int[SERVERS];
  private final List<Side> sides = new ArrayList<>();
  private final List<TokenWriter> writers = new ArrayList<>();
  private final Writes writes = new Writes();
  private final AtomicLong tokens = new AtomicLong();
  private String lastFault = "the start";
  private final Map<Fault, List<Long>> times = new EnumMap<>(Fault.class);

  RedisPair(Path directory) {
    this.directory = directory;
  }

  Writes writes() {
    return writes;
  }

  // --- the beginning

  void start() throws Exception {
    startEnsemble();
    Path hook = hook();
    int[] ports = freePorts(4, 12_000);
    sides.add(new Side("redis1", ports[0], ports[1]));
    sides.add(new Side("redis2", ports[2], ports[3]));
    for (Side side : sides) {
      side.redis = new Child(side.name, directory, Map.of(), redisCommand(side));
      startRedis(side);
    }
    for (Side side : sides) {
      writeConfig(side, other(side), hook);
      side.controller =
          Child.conclave(
                  "controller-" + side.name,
                  directory,
                  "failover",
                  "--node",
                  side.name,
                  side.config.toString())
              .start();
      writers.add(new TokenWriter(side.name, side.redisPort, tokens, writes));
    }
    supervisor.setDaemon(true);
    supervisor.start();
    await("one is active, the other follows", this::isSettled);
  }

  private void startEnsemble() throws Exception {
    int[] ports = freePorts(3 * SERVERS, 22_000);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < SERVERS; i++) {
      clientPorts[i] = ports[i];
      members.add(
          "server.%d=127.0.0.1:%d:%d".formatted(i + 1, ports[SERVERS + i], ports[2 * SERVERS + i]));
    }
    for (int i = 0; i < SERVERS; i++) {
      Path home = Files.createDirectories(directory.resolve("server" + (i + 1)));
      Path data = Files.createDirectories(home.resolve("data"));
      Files.writeString(data.resolve("myid"), (i + 1) + "\n");
      List<String> lines =
          new ArrayList<>(
              List.of(
                  "dataDir=" + data,
                  "clientPort=" + clientPorts[i],
                  "clientPortAddress=127.0.0.1",
                  "tickTime=400",
                  "initLimit=20",
                  "syncLimit=4",
                  "admin.enableServer=false",
                  "4lw.commands.whitelist=*"));
      lines.addAll(members);
      Path cfg = Files.write(home.resolve("zoo.cfg"), lines);
      ensemble.add(Child.conclave("server" + (i + 1), directory, "server", cfg.toString()).start());
    }
    await("the ensemble has a leader", () -> leader() >= 0);
  }

  private Path hook() throws IOException {
    // The one of the documentation, so that it is known to work.
    Path source = Path.of("..", "docs", "failover", "redis", "redis-hook").toAbsolutePath();
    Path hook = Files.copy(source.normalize(), directory.resolve("redis-hook"));
    assertThat(hook.toFile().setExecutable(true)).isTrue();
    return hook;
  }

  private List<String> redisCommand(Side side) {
    return List.of(
        "redis-server",
        "--port",
        Integer.toString(side.redisPort),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        directory.toString(),
        "--dbfilename",
        side.name + ".rdb",
        "--repl-diskless-sync-delay",
        "0",
        // A standby from the beginning, of nobody.
        "--replicaof",
        "127.0.0.1 1");
  }

  /** What is dead is started again, after a while, as a standby: a supervisor knows no better. */
  private void supervise() {
    while (!over) {
      LockSupport.parkNanos(SUPERVISOR_NANOS);
      for (Side side : sides) {
        try {
          if (!over && !side.redis.isAlive()) {
            LockSupport.parkNanos(SUPERVISOR_NANOS);
            startRedis(side);
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void startRedis(Side side) throws IOException {
    side.redis.start();
    Files.writeString(pidFile(side), side.redis.pid() + "\n");
  }

  private Path pidFile(Side side) {
    return directory.resolve(side.name + ".pid");
  }

  /** Each has its own way to the others, as on machines of their own. */
  private void writeConfig(Side side, Side other, Path hook) throws IOException {
    List<String> servers = new ArrayList<>();
    for (int port : clientPorts) {
      servers.add("127.0.0.1:" + through(side, port));
    }
    String text =
        """
        ensemble: %s
        parent: /failover/redis
        node: %s
        session: {timeout: %dms}
        nodes:
          %s:
            address: 127.0.0.1:%d
            controller: 127.0.0.1:%d
          %s:
            address: 127.0.0.1:%d
            controller: 127.0.0.1:%d
            vars: {pidfile: "%s"}
        health: {command: ["%s"], interval: 500ms, timeout: 1s, unhealthy: 2, reportsRole: true}
        hooks:
          becomeActive: {command: ["%s"], timeout: 5s}
          becomeStandby: {command: ["%s"], timeout: 2s}
          follow: {command: ["%s"], timeout: 2s}
        fencing:
          - graceful: {timeout: 1s}
          - shell:
              command: |
                pid=$(cat "$CONCLAVE_TARGET_VAR_PIDFILE") || exit 1
                kill -9 "$pid"
                # A process that was killed may be a zombie for a while: what counts is that it
                # does nothing any more.
                for i in 1 2 3 4 5 6 7 8 9 10; do
                  state=$(sed -n 's/^State:\\t\\(.\\).*/\\1/p' "/proc/$pid/status" 2>/dev/null)
                  case ${state:-gone} in Z | X | gone) exit 0 ;; esac
                  sleep 0.05
                done
                exit 1
              timeout: 5s
        election: {cooldown: 1s}
        """
            .formatted(
                String.join(",", servers),
                side.name,
                SESSION_MS,
                side.name,
                side.redisPort,
                side.controlPort,
                other.name,
                through(side, other.redisPort),
                through(side, other.controlPort),
                pidFile(other),
                hook,
                hook,
                hook,
                hook);
    side.config = Files.writeString(directory.resolve(side.name + ".yaml"), text);
  }

  private static int through(Side side, int port) {
    CuttableProxy proxy = new CuttableProxy(port);
    side.network.add(proxy);
    return proxy.port();
  }

  /**
   * From below the range that the system gives to outgoing connections, one of which could take the
   * port of a server that is down.
   */
  private static int[] freePorts(int count, int above) {
    int[] ports = new int[count];
    int candidate = above + ThreadLocalRandom.current().nextInt(9_000);
    for (int found = 0; found < count; candidate++) {
      try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
        ports[found++] = probe.getLocalPort();
      } catch (IOException taken) {
        // By somebody else: the next one.
        continue;
      }
    }
    return ports;
  }

  // --- what happens

  /** Lets it happen, waits for what follows, mends everything, and tells how long it took. */
  String suffer(Fault fault) throws Exception {
    Side active = active();
    Side standby = other(active);
    Writes.Accepted before = writes.last();
    int leader = leader();
    long atNanos = System.nanoTime();
    lastFault = fault.text + ", " + active.name + ", at " + Instant.now();
    switch (fault) {
      case KILL_REDIS -> active.redis.kill();
      case STOP_REDIS -> active.redis.stop();
      case KILL_CONTROLLER -> active.controller.kill();
      case STOP_CONTROLLER -> active.controller.stop();
      case CUT_NETWORK -> cut(active);
      case GRACEFUL -> graceful(active, standby);
      case KILL_LEADER -> ensemble.get(leader).kill();
      case STOP_LEADER -> ensemble.get(leader).stop();
    }
    String told;
    if (fault.failsOver) {
      Writes.Accepted first =
          await(
              "another server takes writes after " + fault,
              () -> writes.firstOfAnother(before.reign(), atNanos));
      assertThat(first.server()).isEqualTo(standby.name);
      long ms = TimeUnit.NANOSECONDS.toMillis(first.endedNanos() - lastBefore(first));
      times.computeIfAbsent(fault, key -> new ArrayList<>()).add(ms);
      told =
          "%-36s %s goes on, nothing was written for %5d ms"
              .formatted(fault.text, first.server(), ms);
    } else {
      await("the ensemble has another leader", () -> leader() >= 0 && leader() != leader);
      awaitSessions();
      long ms = TimeUnit.NANOSECONDS.toMillis(longestPause(atNanos));
      times.computeIfAbsent(fault, key -> new ArrayList<>()).add(ms);
      told =
          "%-36s %s goes on, nothing was written for %5d ms"
              .formatted(fault.text, active().name, ms);
    }
    mend(fault, active, leader);
    return told;
  }

  private void graceful(Side from, Side to) throws Exception {
    Child command =
        Child.conclave("graceful", directory, "failover", "--to", to.name, to.config.toString());
    command.start();
    await("the command has ended", () -> !command.isAlive());
    assertThat(command.log()).contains(to.name + " is active.");
    assertThat(from.redis.isAlive()).as("nobody was fenced").isTrue();
  }

  /** Nothing goes out from it to the others, and nothing of theirs comes in. */
  private void cut(Side side) {
    side.network.forEach(CuttableProxy::cut);
    other(side).network.stream()
        .filter(proxy -> proxy.leadsTo(side.redisPort) || proxy.leadsTo(side.controlPort))
        .forEach(CuttableProxy::cut);
  }

  private void mend(Fault fault, Side side, int leader) throws Exception {
    switch (fault) {
      case STOP_REDIS -> side.redis.resume();
      case KILL_CONTROLLER -> side.controller.start();
      case STOP_CONTROLLER -> side.controller.resume();
      case CUT_NETWORK -> sides.forEach(each -> each.network.forEach(CuttableProxy::mend));
      case KILL_LEADER -> ensemble.get(leader).start();
      case STOP_LEADER -> ensemble.get(leader).resume();
      case KILL_REDIS, GRACEFUL -> {}
    }
    await("all three servers serve", this::allServe);
    await("one is active, the other follows", this::isSettled);
  }

  private Side other(Side side) {
    return sides.get(0) == side ? sides.get(1) : sides.get(0);
  }

  private Side active() {
    Writes.Accepted last = writes.last();
    return sides.get(0).name.equals(last.server()) ? sides.get(0) : sides.get(1);
  }

  /** One serves and the other has all that it has. */
  private boolean isSettled() throws Exception {
    NodeStatus active = null;
    int standbys = 0;
    for (Side side : sides) {
      NodeStatus status = status(side);
      if (status == null) {
        return false;
      }
      if (status.elector() == ElectorState.ACTIVE) {
        active = status;
      } else if (status.elector() == ElectorState.STANDBY
          && status.service() == ServiceState.STANDBY) {
        standbys++;
      }
    }
    Writes.Accepted last = writes.last();
    return active != null
        && standbys == 1
        && last != null
        && last.server().equals(active.node())
        && isSafe(last.reign());
  }

  /** Whether the standby has what the active has. */
  private boolean isSafe(String reign) {
    long sinceNanos = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);
    return writes.all().stream()
        .anyMatch(
            write ->
                write.safe() && write.reign().equals(reign) && write.beganNanos() > sinceNanos);
  }

  private static NodeStatus status(Side side) throws Exception {
    FailoverConfig config = ConfigFile.load(side.config, null);
    return ClusterStatus.ask(config).rows().stream()
        .filter(row -> row.node().name().equals(side.name))
        .findFirst()
        .orElseThrow()
        .status();
  }

  /** Both controllers are in touch with the ensemble again. */
  private void awaitSessions() throws Exception {
    await("the controllers are in touch again", this::isSettled);
  }

  /** When the last write was accepted before this one. */
  private long lastBefore(Writes.Accepted first) {
    return writes.all().stream()
        .filter(write -> write.endedNanos() < first.endedNanos())
        .mapToLong(Writes.Accepted::endedNanos)
        .max()
        .orElseThrow();
  }

  private long longestPause(long sinceNanos) {
    long longest = 0;
    long last = sinceNanos;
    for (Writes.Accepted write : writes.all()) {
      if (write.endedNanos() > sinceNanos) {
        longest = Math.max(longest, write.endedNanos() - last);
        last = write.endedNanos();
      }
    }
    return longest;
  }

  // --- the ensemble

  /** Counted from 0; -1 when nobody leads. */
  private int leader() {
    for (int i = 0; i < SERVERS; i++) {
      if (word(i, "srvr").contains("Mode: leader")) {
        return i;
      }
    }
    return -1;
  }

  private boolean allServe() {
    for (int i = 0; i < SERVERS; i++) {
      if (!word(i, "srvr").contains("Mode: ")) {
        return false;
      }
    }
    return true;
  }

  private String word(int server, String word) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), clientPorts[server])) {
      socket.setSoTimeout(300);
      socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      return "";
    }
  }

  // --- the end

  /** What a client was told to be safe is there, and in order. */
  void checkWhatWasWritten() throws Exception {
    for (TokenWriter writer : writers) {
      writer.close();
    }
    List<Long> found = TokenWriter.readBack(active().redisPort);
    assertThat(found).isSorted().doesNotHaveDuplicates();
    Set<Long> there = new HashSet<>(found);
    List<Long> lost =
        writes.all().stream()
            .filter(Writes.Accepted::safe)
            .map(Writes.Accepted::token)
            .filter(token -> !there.contains(token))
            .toList();
    assertThat(lost).as("tokens that were on two servers and are on none").isEmpty();
    assertThat(writes.overlaps()).isEmpty();
  }

  String summary() {
    StringBuilder text = new StringBuilder();
    text.append("\n%-36s %7s %7s %7s\n".formatted("nobody active for", "least", "median", "most"));
    times.forEach(
        (fault, list) -> {
          List<Long> sorted = list.stream().sorted().toList();
          text.append(
              "%-36s %7d %7d %7d ms\n"
                  .formatted(
                      fault.text,
                      sorted.get(0),
                      sorted.get(sorted.size() / 2),
                      sorted.get(sorted.size() - 1)));
        });
    long safe = writes.all().stream().filter(Writes.Accepted::safe).count();
    return text.append(
            "%d writes were accepted, %d of them on both servers; all of these were read back, and at no time were two active"
                .formatted(writes.all().size(), safe))
        .toString();
  }

  private <T> T await(String what, Callable<T> condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (true) {
      T found = condition.call();
      if (found != null && !Boolean.FALSE.equals(found)) {
        return found;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "not within two minutes, at %s, after %s: %s\n%s"
                .formatted(Instant.now(), lastFault, what, state()));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Who is what by its own account, and what each has written into its log of late. */
  private String state() throws Exception {
    StringBuilder text = new StringBuilder("last write: " + writes.last() + "\n");
    List<Child> children = new ArrayList<>();
    for (Side side : sides) {
      if (side.config != null) {
        text.append(side.name).append(": ").append(status(side)).append('\n');
      }
      children.add(side.controller);
      children.add(side.redis);
    }
    children.addAll(ensemble);
    for (Child child : children) {
      if (child != null) {
        text.append(child.tail(LOG_LINES));
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws Exception {
    over = true;
    supervisor.join();
    for (TokenWriter writer : writers) {
      writer.close();
    }
    for (Side side : sides) {
      if (side.controller != null) {
        side.controller.close();
      }
      side.redis.close();
      for (CuttableProxy proxy : side.network) {
        proxy.close();
      }
    }
    for (Child server : ensemble) {
      server.close();
    }
  }
}
