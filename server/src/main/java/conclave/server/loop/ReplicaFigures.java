package conclave.server.loop;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.server.admin.AuditLog;
import conclave.server.admin.Counter;
import conclave.server.admin.NamespaceMetric;
import conclave.server.admin.Recorder;
import conclave.server.admin.Summary;
import conclave.state.WatchEvent;
import org.jspecify.annotations.Nullable;

/** What the replica counts and tells for those who watch the server. Replica only. */
final class ReplicaFigures {

  /** What Apache adds to a znode's path and data for its Stat. */
  private static final int STAT_BYTES = 68;

  private final Recorder recorder;
  private final @Nullable AuditLog audit;
  private final long[] fired = new long[EventType.values().length];

  /**
   * @param audit where the end of ephemerals is told of, null for nowhere
   */
  ReplicaFigures(Recorder recorder, @Nullable AuditLog audit) {
    this.recorder = recorder;
    this.audit = audit;
  }

  /** So many commands were found waiting, the oldest of them for so long. */
  void took(int commands, long oldestWaitMs) {
    recorder.count(Counter.PREP_PROCESSOR_REQUEST_QUEUED, commands);
    recorder.record(Summary.PREP_PROCESSOR_QUEUE_SIZE, commands);
    recorder.record(Summary.PREP_PROCESSOR_QUEUE_TIME_MS, oldestWaitMs);
  }

  void expired(int sessions) {
    recorder.count(Counter.STALE_SESSIONS_EXPIRED, sessions);
  }

  /** That many watchers are being told of the change that is being applied. */
  void fired(WatchEvent event, int watchers) {
    fired[event.type().ordinal()] += watchers;
  }

  /** A change was applied; what fired since the last one was its doing. */
  void applied(long sessionId, @Nullable Request request, Txn txn, ErrorCode error) {
    if (audit != null && txn instanceof Txn.CloseSession close && close.paths() != null) {
      audit.ephemeralsDeleted(sessionId, close.paths());
    }
    settle(EventType.NODE_CREATED, Summary.NODE_CREATED_WATCH_COUNT);
    settle(EventType.NODE_DELETED, Summary.NODE_DELETED_WATCH_COUNT);
    settle(EventType.NODE_DATA_CHANGED, Summary.NODE_CHANGED_WATCH_COUNT);
    settle(EventType.NODE_CHILDREN_CHANGED, Summary.NODE_CHILDREN_WATCH_COUNT);
    if (error == ErrorCode.OK) {
      wrote(txn);
    } else if (error == ErrorCode.QUOTA_EXCEEDED && request instanceof Request.OfPath of) {
      recorder.namespace(NamespaceMetric.QUOTA_EXCEEDED_ERROR_PER_NAMESPACE, of.path(), 1);
    }
  }

  private void settle(EventType type, Summary summary) {
    long count = fired[type.ordinal()];
    if (count > 0) {
      recorder.record(summary, count);
      fired[type.ordinal()] = 0;
    }
  }

  private void wrote(Txn txn) {
    if (txn instanceof Txn.Create create) {
      wrote(create.path(), create.data());
    } else if (txn instanceof Txn.CreateContainer create) {
      wrote(create.path(), create.data());
    } else if (txn instanceof Txn.CreateTtl create) {
      wrote(create.path(), create.data());
    } else if (txn instanceof Txn.SetData set) {
      wrote(set.path(), set.data());
    } else if (txn instanceof Txn.Delete delete) {
      wrote(delete.path(), null);
    } else if (txn instanceof Txn.Multi multi) {
      multi.txns().forEach(this::wrote);
    }
  }

  private void wrote(String path, byte @Nullable [] data) {
    long bytes = (long) path.length() + (data == null ? 0 : data.length) + STAT_BYTES;
    recorder.namespace(NamespaceMetric.WRITE_PER_NAMESPACE, path, bytes);
  }
}
