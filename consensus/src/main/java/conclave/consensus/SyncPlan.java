package conclave.consensus;

import conclave.protocol.QuorumPacketType;
import org.jspecify.annotations.Nullable;

/**
 * How a learner's history is made equal to the committed part of the leader's, as Apache's leaders
 * choose it.
 *
 * <p>That what is chosen fits rests on this: a transaction of an epoch, and a snapshot that is
 * called by the beginning of one, exist only when a quorum had the history with which that epoch
 * began. So every later leader has that too, and up to there the learner has what the leader has.
 *
 * <p>Other than with Apache, a learner with nothing at all gets a snapshot unless the leader has
 * nothing either (ZOOKEEPER-4352); a transaction that isn't in the log is not named for a
 * truncation; and a learner that can be cut back behind the beginning of an epoch is, and gets no
 * snapshot.
 *
 * @param type DIFF, TRUNC or SNAP
 * @param zxid of the packet: where the DIFF ends, where to cut; unused for a snapshot, which knows
 *     its own
 * @param afterZxid committed transactions of the window after this one follow
 * @param older those follow before; to be closed
 */
record SyncPlan(
    QuorumPacketType type, long zxid, long afterZxid, DiskLog.@Nullable Transactions older) {

  private static final SyncPlan SNAPSHOT = new SyncPlan(QuorumPacketType.SNAP, 0, 0, null);

  /**
   * @param peerZxid where the learner's history ends
   * @param cutsBehindEpochs whether the learner can cut its history and be sent what comes of later
   *     epochs; Apache's leaders never ask theirs for that
   */
  static SyncPlan choose(
      long peerZxid, boolean cutsBehindEpochs, History history, @Nullable DiskLog disk) {
    long committed = history.committedZxid();
    if (peerZxid == committed) {
      return diff(history, peerZxid, null);
    }
    if (peerZxid == 0) {
      return SNAPSHOT;
    }
    if (peerZxid > committed) {
      // Nothing in a log has the counter 0, so nothing can be cut back to it.
      return Zxid.counter(peerZxid) == 0 || Zxid.counter(committed) == 0
          ? SNAPSHOT
          : truncate(committed);
    }
    if (peerZxid >= history.beforeWindow()) {
      return fromWindow(peerZxid, cutsBehindEpochs, history);
    }
    DiskLog.Transactions older = disk == null ? null : disk.read(peerZxid, history.beforeWindow());
    return older == null ? SNAPSHOT : diff(history, history.beforeWindow(), older);
  }

  private static SyncPlan fromWindow(long peerZxid, boolean cutsBehindEpochs, History history) {
    long previous = history.beforeWindow();
    long next = previous;
    for (Proposal proposal : history.window()) {
      if (previous == peerZxid) {
        return diff(history, peerZxid, null);
      }
      next = proposal.zxid();
      if (next > peerZxid) {
        break;
      }
      previous = next;
    }
    if (Zxid.counter(peerZxid) == 0) {
      return diff(history, peerZxid, null);
    }
    boolean canBeCut = cutsBehindEpochs || Zxid.epoch(next) == Zxid.epoch(peerZxid);
    return canBeCut && Zxid.counter(previous) != 0 ? truncate(previous) : SNAPSHOT;
  }

  private static SyncPlan diff(
      History history, long afterZxid, DiskLog.@Nullable Transactions older) {
    return new SyncPlan(QuorumPacketType.DIFF, history.committedZxid(), afterZxid, older);
  }

  private static SyncPlan truncate(long zxid) {
    return new SyncPlan(QuorumPacketType.TRUNC, zxid, zxid, null);
  }
}
