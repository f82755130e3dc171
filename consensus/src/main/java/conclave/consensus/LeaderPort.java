package conclave.consensus;

import conclave.protocol.QuorumPacket;

/**
 * What a leader does to its surroundings. Called on the thread that calls {@link Leading}; nothing
 * here may block on a peer. Nothing may call back but {@link #fromLearner}, which is the last thing
 * that is done with a packet.
 */
public interface LeaderPort {
  /** No snapshot can be begun now; it is asked for again a little later. */
  long SNAPSHOT_LATER = -1;

  /** To one learner; a link that is gone swallows it, and {@code closed} tells of that. */
  void send(long link, QuorumPacket packet);

  /**
   * Sends SNAP and behind it the tree as it is now, without holding up the caller; what is sent to
   * the link later leaves after it. Everything that was committed so far is in it.
   *
   * @return the last transaction that is in it, or {@link #SNAPSHOT_LATER}
   */
  long sendSnapshot(long link);

  /** Hangs up; {@code closed} is not called for it. */
  void close(long link, String why);

  /** The epoch's number is agreed on and durable: peers that ask who leads are told so. */
  void epochBegins(long epoch);

  /**
   * A quorum has everything that this leader began with: the ensemble is served. From now on {@link
   * Leading#propose} may be called.
   */
  void lead(long epoch);

  /** Committed, in order: to be applied. */
  void committed(Proposal proposal);

  /**
   * A packet from a learner that concerns what is replicated and not how: REQUEST, REVALIDATE, or
   * the sessions in the answer to a PING.
   */
  void fromLearner(long link, long sid, QuorumPacket packet);

  /** A learner is up to date: it is being told of everything from now on. */
  void learnerReady(long link, long sid);

  /** A learner that had introduced itself is gone. */
  void learnerGone(long link, long sid);

  /** A quorum has followed this leader since that round was begun: see {@link Leading#confirm}. */
  void confirmed(long round);

  /** It leads no more; this object is to be forgotten. Called once. */
  void stepDown(String why);
}
