package conclave.server;

import conclave.consensus.ElectionSettings;
import conclave.consensus.Membership;
import conclave.consensus.Zxid;
import conclave.protocol.EnsembleMember;
import conclave.protocol.HostPort;
import conclave.protocol.MembershipText;
import conclave.replica.ReplicaConfig;
import conclave.server.config.ServerConfig;
import conclave.server.loop.LogOptions;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the replica and its log have to know, out of the server's configuration. */
final class ReplicaConfigs {
  /** The server that a standalone one counts as in session ids, as in Apache. */
  private static final int STANDALONE_ID = 1;

  /** Committed transactions kept in memory are few; this bounds them when they are large. */
  private static final long COMMIT_LOG_BYTES = 64L << 20;

  private static final int FINALIZE_WAIT_MS = 200;

  private ReplicaConfigs() {}

  /**
   * @param incomplete whether this member's disk lacks something that it once had
   */
  static ReplicaConfig of(ServerConfig config, boolean incomplete) {
    ServerConfig.Containers containers = config.containers();
    int perRun =
        (int) Math.max(1, containers.maxPerMinute() * (long) containers.checkIntervalMs() / 60_000);
    boolean distributed = config.ensemble().isDistributed();
    return new ReplicaConfig(
        distributed ? (int) config.directories().serverId() : STANDALONE_ID,
        config.timing().tickTimeMs(),
        containers.checkIntervalMs(),
        perRun,
        containers.maxNeverUsedIntervalMs(),
        distributed ? ensemble(config, incomplete) : null);
  }

  private static ReplicaConfig.@Nullable Ensemble ensemble(
      ServerConfig config, boolean incomplete) {
    ServerConfig.Ensemble ensemble = config.ensemble();
    ServerConfig.QuorumTiming timing = ensemble.timing();
    return new ReplicaConfig.Ensemble(
        config.directories().serverId(),
        new Membership(membership(ensemble)),
        ensemble.observer(),
        timing.initLimitTicks(),
        timing.syncLimitTicks(),
        ensemble.leaderServes(),
        config.features().readOnlyModeEnabled(),
        config.features().localSessionsEnabled(),
        config.features().localSessionsUpgradingEnabled(),
        config.storage().commitLogCount(),
        COMMIT_LOG_BYTES,
        incomplete,
        new ElectionSettings(
            FINALIZE_WAIT_MS,
            timing.minNotificationIntervalMs(),
            timing.maxNotificationIntervalMs()),
        Zxid.LAST_COUNTER);
  }

  static MembershipText membership(ServerConfig.Ensemble ensemble) {
    TreeMap<Long, EnsembleMember> members = new TreeMap<>();
    ensemble
        .servers()
        .forEach(
            (id, server) ->
                members.put(
                    id,
                    new EnsembleMember(
                        id, addresses(server), server.observer(), hostPort(server.client()))));
    TreeMap<Long, Long> groups = new TreeMap<>();
    ensemble.groups().forEach((group, ids) -> ids.forEach(id -> groups.put(id, group)));
    return new MembershipText(0, members, groups, new TreeMap<>(ensemble.weights()));
  }

  private static List<EnsembleMember.Address> addresses(ServerConfig.EnsembleServer server) {
    return server.addresses().stream()
        .map(at -> new EnsembleMember.Address(at.host(), at.quorumPort(), at.electionPort()))
        .toList();
  }

  private static @Nullable HostPort hostPort(ServerConfig.@Nullable Listener client) {
    if (client == null) {
      return null;
    }
    // Apache writes the absent address so.
    String host = client.host();
    return new HostPort(host == null ? "0.0.0.0" : host, client.port());
  }

  static LogOptions logOptions(ServerConfig.Storage storage) {
    int maxBatch = storage.maxBatchSize() == 0 ? Integer.MAX_VALUE : storage.maxBatchSize();
    return new LogOptions(
        maxBatch,
        storage.flushDelayMs(),
        storage.maxWriteQueuePollTimeMs(),
        storage.txnLogSizeLimitKiB() * 1024,
        storage.fsyncWarningThresholdMs());
  }
}
