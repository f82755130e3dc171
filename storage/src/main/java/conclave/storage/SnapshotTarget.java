package conclave.storage;

import conclave.protocol.Acl;
import conclave.protocol.MalformedRecordException;
import java.util.List;

/**
 * Takes the content of a snapshot in the order of the file. Any method may throw a {@link
 * MalformedRecordException}, which says that the snapshot makes no sense.
 */
interface SnapshotTarget {
  void session(long id, int timeoutMs);

  void acl(long number, List<Acl> acl);

  /**
   * Takes as many whole znodes as there are between the two indexes, up to the mark behind the
   * last.
   *
   * @return the index of the first byte that was not used
   */
  int nodes(byte[] bytes, int from, int to);

  /** Whether the mark behind the last znode was seen. */
  boolean ended();

  void digest(long zxid, int version, long digest);

  /** The snapshot's own transaction, in snapshots that say so; the last thing that is told. */
  default void lastZxid(long zxid) {}
}
