package conclave.server.quorum;

import conclave.protocol.JuteWriter;
import conclave.storage.SnapshotStreamWriter;
import java.util.concurrent.locks.Lock;

/** A snapshot that is being sent; reads the tree under its shared lock, in pieces. */
final class OutgoingSnapshot {
  private final SnapshotStreamWriter stream;
  private final Lock shared;
  private final Runnable done;
  private boolean closed;

  /**
   * @param done called once, when the tree is not read any more
   */
  OutgoingSnapshot(SnapshotStreamWriter stream, Lock shared, Runnable done) {
    this.stream = stream;
    this.shared = shared;
    this.done = done;
  }

  long zxid() {
    return stream.zxid();
  }

  /** Appends about so many bytes; whether there is more. */
  boolean write(JuteWriter out, int aboutBytes) {
    shared.lock();
    try {
      return stream.write(out, aboutBytes);
    } finally {
      shared.unlock();
    }
  }

  /** It is not needed any more, finished or not. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    shared.lock();
    try {
      stream.close();
    } finally {
      shared.unlock();
    }
    done.run();
  }
}
