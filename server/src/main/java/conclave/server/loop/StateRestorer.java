package conclave.server.loop;

import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.SnapshotImage;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.state.StoredStat;
import conclave.storage.Restorer;
import conclave.storage.SnapshotDigest;
import conclave.storage.SnapshotSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a state machine of what recovery finds on disk. */
public final class StateRestorer implements Restorer {
  private final StateConfig config;
  private final Notices notices;
  private @Nullable Restore restore;
  private @Nullable StateMachine state;
  private long snapshotZxid;

  public StateRestorer(StateConfig config, Notices notices) {
    this.config = config;
    this.notices = notices;
  }

  /** What was recovered; there when recovery is done. */
  public StateMachine state() {
    StateMachine recovered = state;
    if (recovered == null) {
      throw new IllegalStateException("nothing was recovered");
    }
    return recovered;
  }

  @Override
  public void begin(long zxid) {
    restore = new Restore(config, notices);
    state = null;
    snapshotZxid = zxid;
  }

  @Override
  public void session(long id, int timeoutMs) {
    restoring().session(id, timeoutMs);
  }

  @Override
  public void acl(long index, List<Acl> acl) {
    restoring().acl(index, acl);
  }

  @Override
  public void node(
      String path,
      byte @Nullable [] data,
      long aclIndex,
      long czxid,
      long mzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int cversion,
      int aversion,
      long ephemeralOwner,
      long pzxid) {
    restoring()
        .node(
            path,
            data,
            aclIndex,
            new StoredStat(
                czxid,
                mzxid,
                ctimeMs,
                mtimeMs,
                version,
                cversion,
                aversion,
                ephemeralOwner,
                pzxid));
  }

  @Override
  public void end(@Nullable SnapshotDigest digest) {
    if (digest != null) {
      restoring().digest(digest.zxid(), digest.version(), digest.digest());
    }
    state = restoring().finish(snapshotZxid);
    restore = null;
  }

  @Override
  public void replay(LoggedTxn txn) {
    state().apply(txn, EventSink.NONE);
  }

  @Override
  public SnapshotSource fresh() {
    StateMachine empty = new StateMachine(config, notices);
    state = empty;
    SnapshotImage image = empty.beginSnapshot();
    return new ImageSource(image, new SharedTree(empty), config.digestEnabled());
  }

  private Restore restoring() {
    Restore restoring = restore;
    if (restoring == null) {
      throw new IllegalStateException("no snapshot is being restored");
    }
    return restoring;
  }
}
