package conclave.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Files of a {@link Disk} as streams, in large pieces. Closing a stream leaves the file open. */
final class DiskStreams {
  private static final int BUFFER_BYTES = 256 << 10;

  /** A buffer outside of the heap costs more to make than a small file costs to copy. */
  private static final int FIRST_BYTES = 8 << 10;

  private DiskStreams() {}

  private static ByteBuffer allocate(int bytes) {
    return bytes <= FIRST_BYTES ? ByteBuffer.allocate(bytes) : ByteBuffer.allocateDirect(bytes);
  }

  static InputStream input(DiskFile file) throws IOException {
    return new Input(file);
  }

  static Output output(DiskFile file) {
    return new Output(file);
  }

  private static final class Input extends InputStream {
    private final DiskFile file;
    private final ByteBuffer buffer;
    private long position;

    Input(DiskFile file) throws IOException {
      this.file = file;
      this.buffer = allocate((int) Math.min(BUFFER_BYTES, file.size() + 1)).limit(0);
    }

    @Override
    public int read() throws IOException {
      return fill() ? buffer.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, buffer.remaining());
      buffer.get(into, offset, count);
      return count;
    }

    private boolean fill() throws IOException {
      if (!buffer.hasRemaining()) {
        buffer.clear();
        int count = file.read(buffer, position);
        buffer.flip();
        position += Math.max(count, 0);
      }
      return buffer.hasRemaining();
    }
  }

  /** Writes in large pieces, and syncs now and then, so that the last sync is not a long one. */
  static final class Output extends OutputStream {
    private static final int SYNC_BYTES = 8 << 20;

    private final DiskFile file;
    private ByteBuffer buffer = allocate(FIRST_BYTES);
    private long position;
    private long unsynced;

    private Output(DiskFile file) {
      this.file = file;
    }

    @Override
    public void write(int b) throws IOException {
      if (!buffer.hasRemaining()) {
        makeRoom();
      }
      buffer.put((byte) b);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      for (int done = 0; done < length; ) {
        if (!buffer.hasRemaining()) {
          makeRoom();
        }
        int count = Math.min(buffer.remaining(), length - done);
        buffer.put(from, offset + done, count);
        done += count;
      }
    }

    /** Only what fills a large buffer is written before somebody asks for it. */
    private void makeRoom() throws IOException {
      if (buffer.capacity() < BUFFER_BYTES) {
        buffer = allocate(Math.min(BUFFER_BYTES, 4 * buffer.capacity())).put(buffer.flip());
      } else {
        flush();
      }
    }

    @Override
    public void flush() throws IOException {
      buffer.flip();
      int count = buffer.remaining();
      if (count > 0) {
        file.write(buffer, position);
        position += count;
        unsynced += count;
      }
      buffer.clear();
      if (unsynced >= SYNC_BYTES) {
        // A log's sync that has to wait for a whole snapshot in the device's queue would be a
        // stall.
        file.force(false);
        unsynced = 0;
      }
    }
  }
}
