package conclave.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file of a {@link Disk}, which says what is durable when. Used by one thread at a time.
 */
public interface DiskFile extends Closeable {

  long size() throws IOException;

  /**
   * Reads what is at {@code position} into the buffer's room.
   *
   * @return how many bytes, at least 1 where the buffer has room; &minus;1 at or behind the end
   */
  int read(ByteBuffer into, long position) throws IOException;

  /** Writes all that remains in the buffer, or throws with an unknown part of it written. */
  void write(ByteBuffer from, long position) throws IOException;

  /** Cuts the file to {@code size} bytes; durable after {@link #force} with metadata. */
  void truncate(long size) throws IOException;

  /**
   * Makes durable what was written, and as much of the metadata as reading it needs.
   *
   * @param metadata whether all other metadata too
   */
  void force(boolean metadata) throws IOException;
}
