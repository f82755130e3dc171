package conclave.storage;

import conclave.protocol.Acl;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A state at one zxid, to be written. Read by one background thread, once, from sessions to the
 * last znode; it does its own locking, and holds no lock between two calls.
 */
public interface SnapshotSource {
  /** The last transaction that the state contains. */
  long zxid();

  /** The sum of the tree, or null when it isn't kept. */
  @Nullable SnapshotDigest digest();

  /** Session timeouts in milliseconds, by session id. */
  Map<Long, Integer> sessions();

  /** ACLs by the number that the znodes name them by. */
  Map<Long, List<Acl>> acls();

  /**
   * Gives the next znodes to {@code sink}.
   *
   * @param maxNodes how many at most
   * @return whether there are more
   */
  boolean next(NodeSink sink, int maxNodes);
}
