package conclave.storage;

import conclave.protocol.Acl;
import conclave.state.Restore;
import java.util.List;

/** A snapshot on its way into a state machine. */
record RestoreTarget(Restore restore) implements SnapshotTarget {
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
    restore.digest(zxid, version, digest);
  }
}
