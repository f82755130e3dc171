package conclave.storage;

import conclave.protocol.JuteWriter;
import conclave.state.SnapshotImage;

/**
 * A snapshot on its way to a learner, as it is sent behind a SNAP packet: asked for piece by piece
 * as fast as the learner takes it.
 *
 * <p>Threads: those of its {@link SnapshotImage}. {@link #write} and {@link #close} belong to one
 * thread, under the shared lock.
 */
public final class SnapshotStreamWriter {
  private final SnapshotImage image;
  private final SnapshotBody body;
  private boolean done;

  public SnapshotStreamWriter(SnapshotImage image) {
    this.image = image;
    this.body = new SnapshotBody(image);
  }

  /** The zxid of the SNAP packet. */
  public long zxid() {
    return image.zxid();
  }

  /**
   * Appends about so many bytes of the stream. The last item may take it further; it may also be
   * less, and even nothing, because the time that the lock is held counts too.
   *
   * @return whether there is more
   */
  public boolean write(JuteWriter out, int aboutBytes) {
    if (!done && !body.write(out, aboutBytes)) {
      out.writeString(SnapshotStreamFormat.SIGNATURE);
      done = true;
    }
    return !done;
  }

  /** Gives the stream up where it isn't finished; does nothing otherwise. */
  public void close() {
    done = true;
    image.close();
  }
}
