package conclave.server.admin;

import conclave.server.config.ServerConfig;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What the four-letter words and the commands over HTTP need to know of a server. The server
 * implements it; a word calls what it shows and nothing else, so that cheap words stay cheap.
 *
 * <p>Words are answered on event loops: no method may block. Every answer is a snapshot that the
 * caller may keep.
 */
public interface ServerView {

  ServerConfig config();

  ServerMetrics metrics();

  JvmEnvironment environment();

  /** The version line: {@code <version>-<revision>, built on <time>}; tools parse it. */
  String version();

  /** Whether requests are served; most words say so when not. */
  boolean isServing();

  boolean isReadOnly();

  /**
   * {@code standalone}, {@code leader}, {@code follower}, {@code observer} or {@code read-only}.
   */
  String mode();

  /** As a member of an ensemble; null for a server that stands alone. */
  @Nullable MemberView member();

  /**
   * What a member of an ensemble is.
   *
   * @param serverId its own
   * @param voters how many servers decide
   * @param membership the text of the configuration
   * @param electionPort and {@code quorumPort}: its own
   * @param state as {@code leading - broadcast}
   * @param leaderId who leads, -1 when that is unknown
   * @param leader what only a leader knows; null for all others
   */
  record MemberView(
      long serverId,
      int voters,
      String membership,
      int electionPort,
      int quorumPort,
      boolean observer,
      String state,
      long leaderId,
      @Nullable LeaderView leader) {

    /** Whether sessions are only known here and timed elsewhere. */
    public boolean isLearner() {
      return leader == null && leaderId >= 0;
    }
  }

  /** What a leader knows; sizes are -1 before the first proposal. */
  record LeaderView(
      int learners,
      int syncedFollowers,
      int syncedNonVotingFollowers,
      int syncedObservers,
      int pendingSyncs,
      int lastProposalBytes,
      int minProposalBytes,
      int maxProposalBytes,
      long uptimeMs,
      List<Long> observerIds) {}

  /** The ports that are really bound, -1 for none. */
  int clientPort();

  int secureClientPort();

  /** Sizes of the files in {@code version-2} of the two directories. */
  long dataDirSizeBytes();

  long logDirSizeBytes();

  long uptimeMs();

  long lastProcessedZxid();

  long outstandingRequests();

  int connectionCount();

  int nodeCount();

  long approximateDataSizeBytes();

  int ephemeralsCount();

  int globalSessionCount();

  int localSessionCount();

  /**
   * Watches of all kinds; a persistent one counts twice, as data and as child watch, as in Apache.
   */
  int watchCount();

  double connectionDropProbability();

  int outstandingTlsHandshakes();

  List<ConnectionView> connections();

  /**
   * Starts resetting every connection's numbers; it may finish on their event loops a moment later.
   */
  void resetConnectionStats();

  List<SessionView> sessions();

  /** By id, the timeout in milliseconds of every session of the ensemble. */
  SortedMap<Long, Integer> sessionTimeouts();

  /** By session, the paths of its ephemeral nodes; sessions without any are left out. */
  Map<Long, ? extends Collection<String>> ephemerals();

  WatchSummary dataWatchSummary();

  /** By session, the paths that it watches for data, existence, or persistently in any way. */
  Map<Long, ? extends Collection<String>> dataWatches();

  /** The tree's digests at some recent zxids, oldest first. */
  List<ZxidDigest> digestLog();

  /** The newest snapshot that is complete. */
  SnapshotFile lastSnapshot();

  /** A snapshot's file; both numbers are -1 when there is none. */
  record SnapshotFile(long zxid, long epochSeconds) {}

  /** How many connections watch how many paths with how many data watches. */
  record WatchSummary(int connections, int paths, long watches) {}

  /** The digest of the tree when this was its last transaction. */
  record ZxidDigest(long zxid, long digest) {
    /** Of the way in which digests are made. */
    public static final int VERSION = 2;
  }
}
