package conclave.server;

import conclave.protocol.MembershipText;
import conclave.replica.LeaderFigures;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.server.admin.ConnectionView;
import conclave.server.admin.JvmEnvironment;
import conclave.server.admin.ServerMetrics;
import conclave.server.admin.ServerView;
import conclave.server.admin.SessionView;
import conclave.server.config.ServerConfig;
import conclave.server.loop.Clock;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.SharedTree;
import conclave.server.pipeline.Admission;
import conclave.server.transport.IoLoops;
import conclave.state.SessionExpiry;
import conclave.state.StateMachine;
import conclave.state.WatchTable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the words tell of this server: put together when asked, out of what each room knows. */
final class ServerStatus implements ServerView {
  private final ServerConfig config;
  private final SharedTree tree;
  private final ReplicaThread replica;
  private final IoLoops loops;
  private final Admission admission;
  private final ServerMetrics metrics;
  private final Clock clock;
  private final JvmEnvironment environment = JvmEnvironment.capture();
  private final long startedNanos;
  private volatile int clientPort = -1;
  private volatile int secureClientPort = -1;

  ServerStatus(
      ServerConfig config,
      SharedTree tree,
      ReplicaThread replica,
      IoLoops loops,
      Admission admission,
      ServerMetrics metrics,
      Clock clock) {
    this.config = config;
    this.tree = tree;
    this.replica = replica;
    this.loops = loops;
    this.admission = admission;
    this.metrics = metrics;
    this.clock = clock;
    this.startedNanos = clock.nanos();
  }

  void bound(int plainPort, int securePort) {
    clientPort = plainPort;
    secureClientPort = securePort;
  }

  @Override
  public ServerConfig config() {
    return config;
  }

  @Override
  public ServerMetrics metrics() {
    return metrics;
  }

  @Override
  public JvmEnvironment environment() {
    return environment;
  }

  @Override
  public String version() {
    return Version.LINE;
  }

  @Override
  public boolean isServing() {
    RoleView role = replica.role();
    LeaderFigures leader = replica.leaderFigures();
    // A leader that takes no clients is a healthy server all the same.
    return role.serving() != Serving.NOBODY || leader != null && leader.isEstablished();
  }

  @Override
  public boolean isReadOnly() {
    return replica.role().serving() == Serving.READERS;
  }

  @Override
  public String mode() {
    return switch (replica.role().role()) {
      case STANDALONE -> "standalone";
      case LEADING -> "leader";
      case FOLLOWING -> "follower";
      case OBSERVING -> "observer";
      case LOOKING -> isReadOnly() ? "read-only" : "looking";
    };
  }

  @Override
  public @Nullable MemberView member() {
    RoleView role = replica.role();
    if (role.role() == RoleView.Part.STANDALONE) {
      return null;
    }
    ServerConfig.EnsembleServer self =
        config.ensemble().servers().get(config.directories().serverId());
    if (self == null) {
      throw new IllegalStateException(
          "serverId=" + config.directories().serverId() + " has no line");
    }
    ServerConfig.QuorumAddress address = self.addresses().get(0);
    MembershipText membership = ReplicaConfigs.membership(config.ensemble());
    return new MemberView(
        self.id(),
        (int) membership.members().values().stream().filter(one -> !one.observer()).count(),
        membership.text(),
        address.electionPort(),
        address.quorumPort(),
        self.observer(),
        role.role().name().toLowerCase(Locale.ROOT) + (isServing() ? " - broadcast" : ""),
        role.leader(),
        leader());
  }

  private @Nullable LeaderView leader() {
    LeaderFigures of = replica.leaderFigures();
    return of == null
        ? null
        : new LeaderView(
            of.learners(),
            of.syncedFollowers(),
            of.syncedNonVotingFollowers(),
            of.syncedObservers(),
            of.pendingSyncs(),
            of.lastProposalBytes(),
            of.minProposalBytes(),
            of.maxProposalBytes(),
            clock.monotonicMs() - of.sinceMs(),
            of.observerIds());
  }

  @Override
  public int clientPort() {
    return clientPort;
  }

  @Override
  public int secureClientPort() {
    return secureClientPort;
  }

  @Override
  public long dataDirSizeBytes() {
    return sizeOf(config.directories().dataDir());
  }

  @Override
  public long logDirSizeBytes() {
    return sizeOf(config.directories().dataLogDir());
  }

  /** A directory of a few files; one that vanishes while they are counted counts nothing. */
  private static long sizeOf(Path directory) {
    long sum = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("version-2"))) {
      for (Path file : files) {
        sum += file.toFile().length();
      }
    } catch (IOException e) {
      return sum;
    }
    return sum;
  }

  @Override
  public SnapshotFile lastSnapshot() {
    SnapshotFile last = new SnapshotFile(-1, -1);
    Path directory = config.directories().dataDir().resolve("version-2");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "snapshot.*")) {
      for (Path file : files) {
        long zxid = zxidOf(String.valueOf(file.getFileName()));
        if (zxid > last.zxid()) {
          last = new SnapshotFile(zxid, Files.getLastModifiedTime(file).to(TimeUnit.SECONDS));
        }
      }
    } catch (IOException e) {
      // One that was purged just now: what was found before it counts.
      return last;
    }
    return last;
  }

  /** Of {@code snapshot.1f} or {@code snapshot.1f.gz}; -1 for anything else. */
  static long zxidOf(String name) {
    try {
      return Long.parseLong(name.split("\\.", -1)[1], 16);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  @Override
  public long uptimeMs() {
    return (clock.nanos() - startedNanos) / 1_000_000;
  }

  @Override
  public long lastProcessedZxid() {
    RoleView role = replica.role();
    long applied = tree.lastAppliedZxid();
    // Nothing may have happened yet in an epoch that has begun. Apache's leaders show it all the
    // same; its followers show the epoch before, or 0x0, as if they were behind.
    return role.epoch() < 0 || role.serving() == Serving.NOBODY
        ? applied
        : Math.max(applied, role.epoch() << 32);
  }

  @Override
  public long outstandingRequests() {
    return loops.inFlight();
  }

  @Override
  public int connectionCount() {
    return admission.connections();
  }

  @Override
  public int nodeCount() {
    // Apache has the root under two names, and counts both.
    return tree.look(StateMachine::nodeCount) + 1;
  }

  @Override
  public long approximateDataSizeBytes() {
    return tree.look(StateMachine::approximateDataSize);
  }

  @Override
  public int ephemeralsCount() {
    return tree.look(StateMachine::ephemeralCount);
  }

  @Override
  public int globalSessionCount() {
    return tree.look(state -> state.sessions().size());
  }

  @Override
  public int localSessionCount() {
    return 0;
  }

  @Override
  public int watchCount() {
    return tree.look(
        state -> {
          int count = 0;
          for (WatchTable table : loops.watchTables()) {
            WatchTable.Counts counts = table.counts();
            count += counts.dataWatches() + counts.childWatches();
          }
          return count;
        });
  }

  @Override
  public double connectionDropProbability() {
    return admission.dropProbability();
  }

  @Override
  public int outstandingTlsHandshakes() {
    return admission.handshakes();
  }

  @Override
  public List<ConnectionView> connections() {
    return loops.connectionViews();
  }

  @Override
  public void resetConnectionStats() {
    loops.resetConnectionStats();
  }

  @Override
  public List<SessionView> sessions() {
    long nowMs = clock.monotonicMs();
    long wallMs = clock.wallMs();
    List<SessionView> views = new ArrayList<>();
    for (SessionExpiry.Handle session : replica.sessions()) {
      long leftMs = session.heardMs() + session.timeoutMs() - nowMs;
      views.add(new SessionView(session.sessionId(), wallMs + leftMs));
    }
    return views;
  }

  @Override
  public SortedMap<Long, Integer> sessionTimeouts() {
    return new TreeMap<>(tree.look(StateMachine::sessions));
  }

  @Override
  public Map<Long, ? extends Collection<String>> ephemerals() {
    return tree.look(StateMachine::ephemerals);
  }

  @Override
  public WatchSummary dataWatchSummary() {
    return tree.look(
        state -> {
          Map<Long, Integer> sessions = new TreeMap<>();
          Map<String, Integer> paths = new TreeMap<>();
          long watches = 0;
          for (WatchTable table : loops.watchTables()) {
            for (Map.Entry<Long, List<String>> entry : table.dataWatchesBySession().entrySet()) {
              sessions.put(entry.getKey(), 1);
              entry.getValue().forEach(path -> paths.put(path, 1));
              watches += entry.getValue().size();
            }
          }
          return new WatchSummary(sessions.size(), paths.size(), watches);
        });
  }

  @Override
  public Map<Long, ? extends Collection<String>> dataWatches() {
    return tree.look(
        state -> {
          Map<Long, List<String>> all = new TreeMap<>();
          for (WatchTable table : loops.watchTables()) {
            table
                .dataWatchesBySession()
                .forEach(
                    (id, paths) -> all.computeIfAbsent(id, n -> new ArrayList<>()).addAll(paths));
          }
          return all;
        });
  }

  @Override
  public List<ZxidDigest> digestLog() {
    return tree.look(
        state ->
            state.digestLog().stream()
                .map(entry -> new ZxidDigest(entry.zxid(), entry.digest()))
                .toList());
  }
}
