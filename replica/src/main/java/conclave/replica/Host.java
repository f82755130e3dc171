package conclave.replica;

import conclave.consensus.DiskLog;
import conclave.protocol.ErrorCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.state.StateMachine;
import conclave.state.WatchEvent;
import org.jspecify.annotations.Nullable;

/**
 * The world around a {@link Replica}: one with threads, sockets and files, or a simulated one.
 *
 * <p>Everything is called on the replica's thread. Nothing calls back into the replica: what comes
 * of it arrives later, as an input. Links and peers may be gone; then what is sent is dropped, and
 * the input that tells of it comes.
 */
public interface Host {

  // --- the log and the disk

  /**
   * Puts a transaction in the log's queue; {@link Replica#durable} tells when the disk has it. Not
   * looked at before {@link #flushLog}.
   */
  void append(LoggedTxn txn);

  /** The same for one that is encoded already. */
  void append(long zxid, byte[] entry);

  void flushLog();

  /**
   * Takes away everything after {@code zxid} from the disk, durably, and makes the state anew from
   * what is left. Everything that was appended is durable, so the log is idle. Blocks. From now on
   * readers see the new state.
   *
   * @return null when nothing is left that is old enough; the disk is as it was then
   */
  @Nullable StateMachine truncate(long zxid);

  /**
   * Makes a state that came from the leader the one on disk, durably; readers see it from now on.
   * The log is idle. Blocks.
   */
  void install(StateMachine state, long zxid);

  /** Older transactions than those in memory. */
  DiskLog diskLog();

  /** Durable when it returns. */
  void writeAcceptedEpoch(long epoch);

  /** Durable when it returns. */
  void writeCurrentEpoch(long epoch);

  /** This member lacked something and has everything again: it may vote. Durable on return. */
  void complete();

  /** Starts writing a snapshot of the tree as it is, in the background. */
  void beginSnapshot();

  // --- the tree

  /** Runs a change with all readers kept out. */
  void exclusively(Runnable change);

  // --- peers

  /** To a peer's election port; only the newest one counts. */
  void sendNotification(long sid, Notification notification);

  /**
   * Opens a link to a member's quorum port; {@link Replica#leaderConnected} or {@link
   * Replica#leaderClosed} follows.
   */
  void connect(long link, long sid);

  void send(long link, QuorumPacket packet);

  /**
   * Sends SNAP with the tree as it is now, and the tree itself in the background. What is sent to
   * the link later leaves behind it.
   *
   * @return false when that can't be begun now, because of other snapshots; it may be asked again
   */
  boolean sendSnapshot(long link, long zxid);

  /** Everything that was sent to links since the last call is to leave. */
  void flushLinks();

  /** Hangs up; the replica is not told of it. */
  void close(long link, String why);

  // --- clients

  /** Whom to let in from now on; with {@link Serving#NOBODY} all connections are ended. */
  void serve(Serving whom);

  /** Clients are to look at what was delivered. */
  void flushClients();

  // --- people

  /** The role has changed; for four-letter words, metrics and the log. */
  void roleChanged(RoleView role);

  /** Something that an operator may want to know, in a sentence. */
  void tell(String sentence);

  /** That many watchers are being told of the change that is being applied. */
  void fired(WatchEvent event, int watchers);

  /**
   * A change was applied.
   *
   * @param sessionId who asked, wherever that was
   * @param request what was asked for, if it was asked for here
   */
  void applied(long sessionId, @Nullable Request request, Txn txn, ErrorCode error);

  /** A session is being ended because it was silent. */
  void expired(long sessionId);

  /** The ensemble's configuration has been agreed on, with that text for /zookeeper/config. */
  void configuration(String text);
}
