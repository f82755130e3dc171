package conclave.storage;

import conclave.protocol.Acl;
import conclave.state.Restore;
import java.util.List;

/** A snapshot on its way into a state machine. */
final class RestoreTarget implements SnapshotTarget {
  private final Restore restore;
  private long digestZxid;
  private long lastZxid = -1;

  RestoreTarget(Restore restore) {
    this.restore = restore;
  }

  /**
   * The transaction of the snapshot's digest, 0 where there is none: of what came later it has no
   * effects. In Apache's snapshots this may be later than the snapshot's own zxid.
   */
  long digestZxid() {
    return digestZxid;
  }

  /** The snapshot's own transaction, &minus;1 where it does not say. */
  long lastZxid() {
    return lastZxid;
  }

  @Override
  public void lastZxid(long zxid) {
    lastZxid = zxid;
  }

  @Override
  public void session(long id, int timeoutMs) {
    restore.session(id, timeoutMs);
  }

  @Override
  public void acl(long number, List<Acl> acl) {
    restore.acl(number, acl);
  }

  @Override
  public int nodes(byte[] bytes, int from, int to) {
    return restore.nodes(bytes, from, to);
  }

  @Override
  public boolean ended() {
    return restore.ended();
  }

  @Override
  public void digest(long zxid, int version, long digest) {
    digestZxid = zxid;
    restore.digest(zxid, version, digest);
  }
}
