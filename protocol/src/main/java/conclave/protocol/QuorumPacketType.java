package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * What a packet between a leader and a learner is about. Who sends it, and what its zxid and data
 * are, is said at each.
 */
public enum QuorumPacketType {
  /** Learner to leader: a {@link ForwardedRequest}; the client's identities are the auth info. */
  REQUEST(1),
  /** Leader to voter: a transaction at its zxid, as it stands in the log. */
  PROPOSAL(2),
  /** Voter to leader: the transaction (or NEWLEADER) with this zxid is on its disk. */
  ACK(3),
  /** Leader to voter: the proposal with this zxid is decided. */
  COMMIT(4),
  /** Both ways: the leader's last proposed zxid; the answer has the {@link SessionTouches}. */
  PING(5),
  /** Both ways: {@link Revalidation} of a session that moved to the learner. */
  REVALIDATE(6),
  /** Leader to learner: what was sent before this answers the learner's oldest open sync. */
  SYNC(7),
  /** Leader to observer: proposal and commit in one. */
  INFORM(8),
  /** Leader to voter: COMMIT of a reconfiguration; the data is the designated leader. */
  COMMITANDACTIVATE(9),
  /** Leader to learner: the history is complete; zxid is the epoch's, data the configuration. */
  NEWLEADER(10),
  /** Voter to leader: first packet; zxid is the accepted epoch's, data a {@link LearnerInfo}. */
  FOLLOWERINFO(11),
  /** Leader to learner: serve clients from now on. */
  UPTODATE(12),
  /** Leader to learner: proposals follow up to this zxid. */
  DIFF(13),
  /** Leader to learner: cut your history back to this zxid. */
  TRUNC(14),
  /** Leader to learner: a snapshot at this zxid follows, as a stream that is not packets. */
  SNAP(15),
  /** Observer to leader: as {@link #FOLLOWERINFO}. */
  OBSERVERINFO(16),
  /** Leader to learner: zxid is the new epoch's, data a {@link LeaderInfo}. */
  LEADERINFO(17),
  /** Learner to leader: zxid is the last logged one, data an {@link AckEpoch}. */
  ACKEPOCH(18),
  /** Leader to observer: INFORM of a reconfiguration; the designated leader before the data. */
  INFORMANDACTIVATE(19);

  private static final QuorumPacketType[] BY_CODE = byCode();

  private final int code;

  QuorumPacketType(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** The type with this number; null when there is none. */
  public static @Nullable QuorumPacketType of(int code) {
    return code >= 1 && code < BY_CODE.length ? BY_CODE[code] : null;
  }

  private static QuorumPacketType[] byCode() {
    QuorumPacketType[] types = new QuorumPacketType[values().length + 1];
    for (QuorumPacketType type : values()) {
      types[type.code] = type;
    }
    return types;
  }
}
