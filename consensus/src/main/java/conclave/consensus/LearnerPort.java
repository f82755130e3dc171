package conclave.consensus;

import conclave.protocol.QuorumPacket;

/**
 * What a follower or observer does to its surroundings. Called on the thread that calls {@link
 * Following}; nothing here may call back.
 */
public interface LearnerPort {

  /** To the leader. */
  void send(QuorumPacket packet);

  /**
   * The leader's history contains everything that this member has: its tail is to be treated as
   * committed, in order.
   */
  void committed(Proposal proposal);

  /**
   * Everything after {@code zxid} has to go, from the disk, from the tree and from {@link History},
   * durably. The log is idle.
   *
   * @return false when that can't be done: nothing old enough is left. This member then leaves, and
   *     needs a snapshot: see {@link Following#needsSnapshot}
   */
  boolean truncate(long zxid);

  /**
   * The leader's tree takes the place of this member's, on disk, in memory and in {@link History},
   * durably. The log is idle.
   *
   * @param snapshot as it was given to {@link Following#snapshot}
   */
  void install(Object snapshot, long zxid);

  /** What the owner wants back in {@link Proposal#payload}; throws MalformedRecordException. */
  Object decode(long zxid, byte[] body);

  /** Into the log; it is in {@link History} already. {@link Following#durable} tells when it is. */
  void append(Proposal proposal);

  /** The ensemble's configuration as the leader sees it, from NEWLEADER. */
  void configuration(String text);

  /** This member has everything and serves clients from now on. */
  void serve(long epoch);

  /** The leader's packet that concerns what is replicated and not how: REVALIDATE, SYNC. */
  void fromLeader(QuorumPacket packet);

  /** Body of the answer to a PING: the sessions that were heard from, id long and timeout int. */
  byte[] touchedSessions();

  /** It follows no more; this object is to be forgotten. Called once. */
  void leave(String why);
}
