package conclave.server.quorum;

import conclave.protocol.HostPort;
import conclave.server.config.ServerConfig;
import conclave.server.config.ServerConfig.EnsembleServer;
import conclave.server.config.ServerConfig.QuorumAddress;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.config.ServerConfig.QuorumSockets;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What the network among servers must know of the configuration.
 *
 * @param sid which member this is
 * @param members all of them, this one too
 * @param strangersToo whether a server that is no member is talked to: it may be about to become
 *     one, where that is done while the ensemble runs
 * @param greetingTimeoutMs how long somebody who has connected may take to say who he is
 * @param heardWithinMs a learner that is well is heard from at least that often: leaders ask
 * @param connectLimitMs how long to try to reach a leader
 * @param connectRetryMs the longest pause between two attempts at that
 * @param maxPacketBytes the longest data of a packet between a leader and a learner
 * @param maxQueuedBytes what may wait to leave over one link before it is hung up on
 */
public record QuorumSettings(
    long sid,
    SortedMap<Long, EnsembleServer> members,
    QuorumSockets sockets,
    QuorumSecurity security,
    boolean strangersToo,
    int greetingTimeoutMs,
    int heardWithinMs,
    int connectLimitMs,
    int connectRetryMs,
    int maxPacketBytes,
    long maxQueuedBytes) {

  /**
   * Transactions can be longer than the requests that made them: the end of a session lists all its
   * ephemerals.
   */
  private static final int LEAST_PACKET_LIMIT = 64 << 20;

  /**
   * All that a leader may have to send to make a learner's history equal to its own is put into the
   * link's queue at once, and while a snapshot is on its way a busy leader orders tens of megabytes
   * a second. A learner that takes nothing is hung up on by the leader, in time; this here is only
   * about the memory. What waits for several links is there once.
   */
  private static final long LEAST_QUEUED_LIMIT = 128L << 20;

  /** The limit is this part of the memory, where that is more. */
  private static final int HEAP_SHARE = 8;

  public static QuorumSettings of(ServerConfig config) {
    var ensemble = config.ensemble();
    int tickMs = config.timing().tickTimeMs();
    int greetingMs = ensemble.sockets().quorumCnxnTimeoutMs();
    long requestBytes =
        (long) config.limits().juteMaxBufferBytes() + config.limits().juteExtraBytes();
    return new QuorumSettings(
        config.directories().serverId(),
        ensemble.servers(),
        ensemble.sockets(),
        ensemble.security(),
        ensemble.reconfigEnabled(),
        greetingMs > 0 ? greetingMs : ensemble.timing().syncLimitTicks() * tickMs,
        tickMs,
        ensemble.timing().connectToLearnerMasterLimitTicks() * tickMs,
        ensemble.timing().leaderConnectDelayDuringRetryMs(),
        (int) Math.min(Integer.MAX_VALUE / 2, Math.max(LEAST_PACKET_LIMIT, requestBytes)),
        Math.max(LEAST_QUEUED_LIMIT, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
  }

  /** This member itself. */
  EnsembleServer self() {
    EnsembleServer self = members.get(sid);
    if (self == null) {
      throw new IllegalArgumentException("no server." + sid + " among " + members.keySet());
    }
    return self;
  }

  List<HostPort> electionAddresses(long of) {
    return addresses(members.get(of), true);
  }

  List<HostPort> quorumAddresses(long of) {
    return addresses(members.get(of), false);
  }

  private List<HostPort> addresses(@Nullable EnsembleServer server, boolean election) {
    if (server == null) {
      return List.of();
    }
    // Without multiAddress.enabled there is only one, which the configuration has seen to.
    return server.addresses().stream().map(address -> hostPort(address, election)).toList();
  }

  private static HostPort hostPort(QuorumAddress address, boolean election) {
    return new HostPort(address.host(), election ? address.electionPort() : address.quorumPort());
  }
}
