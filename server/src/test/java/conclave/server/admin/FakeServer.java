package conclave.server.admin;

import conclave.server.config.ServerConfig;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A server that is just its numbers; tests change those that matter to them. */
class FakeServer implements ServerView {

  final ServerMetrics metrics = new ServerMetrics();
  ServerConfig config = ServerConfig.embeddedDefault(Path.of("/data"), 2181);
  boolean serving = true;
  boolean readOnly;
  List<ConnectionView> connections = List.of();
  List<SessionView> sessions = List.of();
  Map<Long, List<String>> ephemerals = Map.of();
  Map<Long, List<String>> dataWatches = Map.of();
  List<ZxidDigest> digests = List.of();
  WatchSummary watchSummary = new WatchSummary(0, 0, 0);
  @Nullable MemberView member;
  TreeMap<Long, Integer> sessionTimeouts = new TreeMap<>();
  int resets;

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
    return JvmEnvironment.capture();
  }

  @Override
  public String version() {
    return "3.9.5-test, built on 2026-01-01 00:00 UTC";
  }

  @Override
  public boolean isServing() {
    return serving;
  }

  @Override
  public boolean isReadOnly() {
    return readOnly;
  }

  @Override
  public String mode() {
    return readOnly ? "read-only" : "standalone";
  }

  @Override
  public @Nullable MemberView member() {
    return member;
  }

  @Override
  public SortedMap<Long, Integer> sessionTimeouts() {
    return sessionTimeouts;
  }

  @Override
  public int clientPort() {
    return 21811;
  }

  @Override
  public int secureClientPort() {
    return -1;
  }

  @Override
  public long dataDirSizeBytes() {
    return 478;
  }

  @Override
  public long logDirSizeBytes() {
    return 479;
  }

  @Override
  public SnapshotFile lastSnapshot() {
    return new SnapshotFile(0x1f, 1_795_320_165);
  }

  @Override
  public long uptimeMs() {
    return 40_594;
  }

  @Override
  public long lastProcessedZxid() {
    return 0x135;
  }

  @Override
  public long outstandingRequests() {
    return 7;
  }

  @Override
  public int connectionCount() {
    return 3;
  }

  @Override
  public int nodeCount() {
    return 11;
  }

  @Override
  public long approximateDataSizeBytes() {
    return 381;
  }

  @Override
  public int ephemeralsCount() {
    return 4;
  }

  @Override
  public int globalSessionCount() {
    return 2;
  }

  @Override
  public int localSessionCount() {
    return 0;
  }

  @Override
  public int watchCount() {
    return 8;
  }

  @Override
  public double connectionDropProbability() {
    return 0;
  }

  @Override
  public int outstandingTlsHandshakes() {
    return 0;
  }

  @Override
  public List<ConnectionView> connections() {
    return connections;
  }

  @Override
  public void resetConnectionStats() {
    resets++;
  }

  @Override
  public List<SessionView> sessions() {
    return sessions;
  }

  @Override
  public Map<Long, ? extends Collection<String>> ephemerals() {
    return ephemerals;
  }

  @Override
  public WatchSummary dataWatchSummary() {
    return watchSummary;
  }

  @Override
  public Map<Long, ? extends Collection<String>> dataWatches() {
    return dataWatches;
  }

  @Override
  public List<ZxidDigest> digestLog() {
    return digests;
  }
}
