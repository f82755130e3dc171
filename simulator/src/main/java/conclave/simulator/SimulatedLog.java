package conclave.simulator;

import conclave.storage.SnapshotCadence;
import conclave.storage.TxnLog;
import java.util.ArrayDeque;

/** The log's thread: appends what has gathered, forces it, and tells how far it got. */
final class SimulatedLog {

  private record Entry(long zxid, byte[] bytes) {}

  private final SimulatedHost host;
  private final SnapshotCadence cadence;
  private final ArrayDeque<Entry> queue = new ArrayDeque<>();
  private boolean busy;

  /** What came last to a member that logs nothing, and how far it was told to be durable. */
  private long unlogged;

  private long told;

  SimulatedLog(SimulatedHost host, SnapshotCadence cadence) {
    this.host = host;
    this.cadence = cadence;
  }

  void append(long zxid, byte[] bytes) {
    if (!host.member().isLogging()) {
      unlogged = zxid;
      return;
    }
    queue.addLast(new Entry(zxid, bytes));
    if (host.around().tampering().durableAtOnce()) {
      host.input(() -> host.replica().durable(zxid));
    }
  }

  void flush() {
    if (unlogged > told) {
      // Nothing is promised by who logs nothing; what has arrived is as durable as it gets.
      long zxid = unlogged;
      told = zxid;
      host.durable(zxid);
    }
    if (!busy && !queue.isEmpty()) {
      busy = true;
      host.after(5, this::write);
    }
  }

  /** What the replica promises to whoever changes the log under this thread. */
  void checkIdle() {
    if (busy || !queue.isEmpty()) {
      throw new IllegalStateException("the log is not idle: queue=" + queue.size());
    }
  }

  private void write() {
    TxnLog log = host.storage().log();
    boolean snapshot = false;
    for (Entry entry = queue.pollFirst(); entry != null; entry = queue.pollFirst()) {
      log.append(entry.zxid(), entry.bytes());
      snapshot |= cadence.logged(entry.bytes().length);
    }
    boolean due = snapshot;
    host.after(host.member().syncUs(), () -> sync(due));
  }

  private void sync(boolean snapshot) {
    TxnLog log = host.storage().log();
    long zxid = log.sync();
    if (!host.around().tampering().durableAtOnce()) {
      host.durable(zxid);
    } else {
      host.around().invariants().durable(host.member(), zxid);
    }
    if (snapshot) {
      log.roll();
      cadence.reset();
      host.snapshotDue();
    }
    busy = false;
    flush();
  }

  /** Everything that was appended, whether it is durable or not. */
  long appendedZxid() {
    return queue.isEmpty() ? host.storage().log().appendedZxid() : queue.getLast().zxid();
  }
}
