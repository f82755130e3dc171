package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state that recovery fills: {@link #begin}, sessions, ACLs, znodes, {@link #end}, and then
 * {@link #replay} for each transaction after the snapshot. A snapshot that turns out to be damaged
 * half-way is followed by another {@code begin}.
 *
 * <p>Called on the thread that recovers. A {@link conclave.protocol.MalformedRecordException} from
 * any method up to {@code end} says that the snapshot makes no sense, and counts as damage of it.
 */
public interface Restorer extends NodeSink {
  /** Forgets everything: a whole state as of {@code zxid} follows. */
  void begin(long zxid);

  void session(long id, int timeoutMs);

  void acl(long index, List<Acl> acl);

  /** All has been given. Apache's snapshots are complete only with the transactions that follow. */
  void end(@Nullable SnapshotDigest digest);

  /**
   * A transaction to be applied. Those that Apache's snapshots contain already, because
   * transactions go on while it writes one, come again and must change nothing for the worse.
   */
  void replay(LoggedTxn txn);

  /** Forgets everything and becomes the state of a new server, whose image is returned. */
  SnapshotSource fresh();
}
