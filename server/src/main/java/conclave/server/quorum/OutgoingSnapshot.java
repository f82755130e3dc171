package conclave.server.quorum;

import conclave.protocol.JuteWriter;
import conclave.storage.SnapshotStreamWriter;
import java.util.concurrent.locks.Lock;

/** A snapshot that is being sent; reads the tree under its shared lock, in pieces. */
final class OutgoingSnapshot {
  private final SnapshotStreamWriter stream;
  private final Lock shared;

  OutgoingSnapshot(SnapshotStreamWriter stream, Lock shared) {
    this.stream = stream;
    this.shared = shared;
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

  /** Gives it up where it isn't finished. */
  void close() {
    shared.lock();
    try {
      stream.close();
    } finally {
      shared.unlock();
    }
  }
}
