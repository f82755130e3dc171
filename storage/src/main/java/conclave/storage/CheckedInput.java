package conclave.storage;

import conclave.protocol.BigEndian;
import conclave.protocol.MalformedRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * Jute primitives out of a stream of any length, with the Adler32 of all that was read. Takes the
 * stream in large pieces, and never makes room for more than the stream really holds.
 */
final class CheckedInput {
  private static final int CHUNK_BYTES = 256 << 10;
  private static final int FIRST_BYTES = 512;
  private static final byte[] NO_BYTES = {};

  private final InputStream in;
  private final Adler32 adler = new Adler32();
  private byte[] window;
  private int position;
  private int limit;

  /** What of the window is in the checksum already. */
  private int summed;

  /** Bytes of the stream before the window. */
  private long windowAt;

  /**
   * @param expected about how many bytes there are
   */
  CheckedInput(InputStream in, long expected) {
    this.in = in;
    this.window = new byte[(int) Math.max(FIRST_BYTES, Math.min(CHUNK_BYTES, expected))];
  }

  /** Bytes read so far. */
  long offset() {
    return windowAt + position;
  }

  /** The checksum of all that was read. */
  long checksum() {
    adler.update(window, summed, position - summed);
    summed = position;
    return adler.getValue();
  }

  boolean atEnd() throws IOException {
    return position == limit && !has(1);
  }

  /** Whether exactly {@code count} bytes are left. */
  boolean isRemaining(int count) throws IOException {
    return (limit - position >= count || has(count))
        && limit - position == count
        && !has(count + 1);
  }

  int readInt() throws IOException {
    need(4);
    int value = BigEndian.getInt(window, position);
    position += 4;
    return value;
  }

  long readLong() throws IOException {
    need(8);
    long value = BigEndian.getLong(window, position);
    position += 8;
    return value;
  }

  byte @Nullable [] readBuffer() throws IOException {
    int length = readLength();
    if (length <= 0) {
      return length < 0 ? null : NO_BYTES;
    }
    need(length);
    byte[] value = new byte[length];
    System.arraycopy(window, position, value, 0, length);
    position += length;
    return value;
  }

  String readString() throws IOException {
    int length = readLength();
    if (length < 0) {
      throw new MalformedRecordException("null where a string must be");
    }
    need(length);
    String value = new String(window, position, length, StandardCharsets.UTF_8);
    position += length;
    return value;
  }

  /** Takes a part of the bytes between the two indexes. */
  interface Taker {
    /** Returns the index of the first byte that was not taken. */
    int take(byte[] bytes, int from, int to);
  }

  /** Gives what is in the window, and only if nothing of that was taken a longer piece. */
  void give(Taker taker) throws IOException {
    int before = position;
    position = taker.take(window, position, limit);
    if (position == before) {
      need(limit - position + 1);
    }
  }

  private int readLength() throws IOException {
    int length = readInt();
    if (length < -1) {
      throw new MalformedRecordException("length=" + length);
    }
    return length;
  }

  private void need(int count) throws IOException {
    if (count > limit - position && !has(count)) {
      throw new MalformedRecordException("the file ends: needed=" + count);
    }
  }

  /** Gets the next {@code count} bytes into the window; false when the stream ends before. */
  private boolean has(int count) throws IOException {
    moveToFront();
    while (limit < count) {
      if (limit == window.length) {
        // Grows no faster than the bytes arrive, whatever the length says.
        window = Arrays.copyOf(window, 2 * window.length);
      }
      int read = in.read(window, limit, window.length - limit);
      if (read < 0) {
        return false;
      }
      limit += read;
    }
    return true;
  }

  private void moveToFront() {
    adler.update(window, summed, position - summed);
    System.arraycopy(window, position, window, 0, limit - position);
    windowAt += position;
    limit -= position;
    position = 0;
    summed = 0;
  }
}
