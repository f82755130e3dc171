package conclave.server;

import conclave.protocol.ErrorCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.server.admin.Counter;
import conclave.server.admin.Recorder;
import conclave.server.admin.Summary;
import conclave.server.http.AdminRestore;
import conclave.server.http.Permission;
import conclave.server.loop.Clock;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.SharedTree;
import conclave.state.Caller;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.SnapshotIntake;
import conclave.storage.Storage;
import conclave.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts an operator's snapshot in place of everything; for a server that stands alone.
 *
 * <p>Apache exchanges the tree in memory: nothing of it is on disk before somebody asks for a
 * snapshot, so the next start has the old tree again; connections and sessions go on, so that who
 * holds a lock by an ephemeral that is not in the restored tree goes on to believe in it, and who
 * waits at a watch waits for ever; and the zxid goes back, so that whoever reconnects is turned
 * away until as much has been written anew. Here the restored tree
 *
 * <ul>
 *   <li>is durable when the command is answered;
 *   <li>has no sessions, and none of their ephemerals: everybody's session has expired, which is
 *       what a client knows how to begin anew after;
 *   <li>begins an epoch of its own, so that it is newer than all that any client has seen.
 * </ul>
 */
final class RestoreOnDemand implements AdminRestore.Target {
  private static final Logger LOG = LoggerFactory.getLogger(RestoreOnDemand.class);
  private static final long LAST_EPOCH = Integer.MAX_VALUE;

  private final Storage storage;
  private final StateConfig config;
  private final Notices notices;
  private final SharedTree tree;
  private final ReplicaThread replica;
  private final Permission.Judge judge;
  private final boolean isMember;
  private final Recorder recorder;
  private final Clock clock;

  RestoreOnDemand(
      ReplicaThread.Parts parts, ReplicaThread replica, Permission.Judge judge, boolean isMember) {
    this.storage = parts.storage();
    this.config = parts.stateConfig();
    this.notices = parts.notices();
    this.tree = parts.tree();
    this.replica = replica;
    this.judge = judge;
    this.isMember = isMember;
    this.recorder = parts.metrics().newRecorder();
    this.clock = parts.clock();
  }

  @Override
  public Permission permission(String scheme, byte[] proof) {
    return judge.permission(scheme, proof);
  }

  @Override
  public @Nullable String refusal() {
    return isMember
        ? "This server is a member of an ensemble, and has what the ensemble has. To restore the"
            + " ensemble, stop all its servers and give each the snapshot as its only file"
        : null;
  }

  @Override
  public AdminRestore.Incoming begin() throws IOException {
    SnapshotIntake intake = storage.intake();
    return new AdminRestore.Incoming() {
      @Override
      public void take(ByteBuffer piece) throws IOException {
        intake.write(piece);
      }

      @Override
      public long length() {
        return intake.length();
      }

      @Override
      public long install() throws AdminRestore.RestoreException {
        return restore(intake);
      }

      @Override
      public void close() throws IOException {
        intake.close();
      }
    };
  }

  private long restore(SnapshotIntake intake) throws AdminRestore.RestoreException {
    long beganMs = clock.monotonicMs();
    try {
      StateMachine made = intake.read(config, notices);
      long snapshotZxid = made.lastAppliedZxid();
      int sessions = beginAnew(made, Math.max(snapshotZxid, tree.lastAppliedZxid()));
      made.recountQuotas();
      long zxid = made.lastAppliedZxid();
      storage.epochs().follow(zxid >>> 32);
      Optional<String> refusal = replica.restore(made).get();
      if (refusal.isPresent()) {
        throw new AdminRestore.RestoreException(refusal.get(), null);
      }
      long tookMs = clock.monotonicMs() - beganMs;
      recorder.record(Summary.RESTORE_TIME, tookMs);
      LOG.warn(
          "Restored a snapshot of zxid 0x{} in place of everything, in {} ms: {} znodes, as zxid"
              + " 0x{}. All sessions have ended, {} of them with the snapshot's ephemerals.",
          Long.toHexString(snapshotZxid),
          tookMs,
          made.nodeCount(),
          Long.toHexString(zxid),
          sessions);
      return zxid;
    } catch (IOException | StorageException e) {
      throw new AdminRestore.RestoreException(String.valueOf(e.getMessage()), e);
    } catch (ExecutionException e) {
      throw new AdminRestore.RestoreException(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminRestore.RestoreException("the server stops", e);
    }
  }

  /**
   * A state that is newer than {@code zxid} and that nobody has a session in.
   *
   * @return how many sessions were ended
   */
  private int beginAnew(StateMachine made, long zxid) throws AdminRestore.RestoreException {
    long epoch = (zxid >>> 32) + 1;
    if (epoch > LAST_EPOCH) {
      throw new AdminRestore.RestoreException("no epoch is left behind zxid=" + zxid, null);
    }
    long nowMs = clock.wallMs();
    long next = epoch << 32;
    // Changes nothing but the zxid.
    TxnHeader header = new TxnHeader(0, 0, next, nowMs);
    made.apply(new LoggedTxn(header, new Txn.Error(ErrorCode.OK), null), EventSink.NONE);
    // A snapshot of Apache's may have ephemerals of sessions that it has not.
    Set<Long> sessions = new TreeSet<>(made.sessions().keySet());
    sessions.addAll(made.ephemerals().keySet());
    for (long id : sessions) {
      Caller caller = new Caller(id, 0, List.of());
      made.apply(made.prepare(new Request.CloseSession(), caller, ++next, nowMs), EventSink.NONE);
    }
    return sessions.size();
  }

  @Override
  public void failed(boolean tooOften) {
    recorder.count(tooOften ? Counter.RESTORE_RATE_LIMITED_COUNT : Counter.RESTORE_ERROR_COUNT);
  }
}
