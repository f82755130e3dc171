package conclave.protocol;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes jute primitives into a byte array that grows as needed and can be used again after {@link
 * #reset}. Not thread-safe.
 */
public final class JuteWriter {
  private final int limit;
  private byte[] bytes;
  private int length;

  public JuteWriter() {
    this(256);
  }

  public JuteWriter(int initialCapacity) {
    this(initialCapacity, Integer.MAX_VALUE - 8);
  }

  /**
   * A writer for what may have to be refused for its size.
   *
   * @param limit the most bytes it takes; more are a {@link RecordTooLargeException}
   */
  public JuteWriter(int initialCapacity, int limit) {
    this.bytes = new byte[initialCapacity];
    this.limit = limit;
  }

  /** Bytes written so far. */
  public int length() {
    return length;
  }

  /** The array behind this writer, valid up to {@link #length} and until the next write. */
  public byte[] array() {
    return bytes;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  /** Forgets what was written and keeps the room. */
  public void reset() {
    length = 0;
  }

  /** Forgets what was written from {@code newLength} on. */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IndexOutOfBoundsException("newLength=" + newLength + " length=" + length);
    }
    length = newLength;
  }

  public void writeByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }

  public void writeBool(boolean value) {
    writeByte(value ? 1 : 0);
  }

  public void writeInt(int value) {
    reserve(4);
    BigEndian.putInt(bytes, length, value);
    length += 4;
  }

  public void writeLong(long value) {
    reserve(8);
    BigEndian.putLong(bytes, length, value);
    length += 8;
  }

  public void writeBuffer(byte @Nullable [] value) {
    if (value == null) {
      writeInt(-1);
    } else {
      writeBuffer(value, 0, value.length);
    }
  }

  /** A buffer out of a part of an array. */
  public void writeBuffer(byte[] value, int offset, int count) {
    writeInt(count);
    writeRaw(value, offset, count);
  }

  /** Bytes without a length before them. */
  public void writeRaw(byte[] value, int offset, int count) {
    reserve(count);
    System.arraycopy(value, offset, bytes, length, count);
    length += count;
  }

  /**
   * A string. Every UTF-16 unit is encoded by itself, as Apache's writer does: a supplementary
   * character leaves as two three-byte surrogates (ZOOKEEPER-4306).
   */
  public void writeString(@Nullable String value) {
    if (value == null) {
      writeInt(-1);
      return;
    }
    int chars = value.length();
    reserve(4 + 3 * chars);
    int start = length + 4;
    int at = start;
    byte[] into = bytes;
    for (int i = 0; i < chars; i++) {
      char c = value.charAt(i);
      if (c < 0x80) {
        into[at++] = (byte) c;
      } else if (c < 0x800) {
        into[at++] = (byte) (0xc0 | c >> 6);
        into[at++] = (byte) (0x80 | c & 0x3f);
      } else {
        into[at++] = (byte) (0xe0 | c >> 12);
        into[at++] = (byte) (0x80 | c >> 6 & 0x3f);
        into[at++] = (byte) (0x80 | c & 0x3f);
      }
    }
    BigEndian.putInt(bytes, length, at - start);
    length = at;
  }

  /** A vector whose items are written by {@code item}. */
  public <T> void writeVector(List<T> items, BiConsumer<JuteWriter, T> item) {
    writeInt(items.size());
    for (int i = 0; i < items.size(); i++) {
      item.accept(this, items.get(i));
    }
  }

  /** Overwrites four bytes that were written before, as for a length that is known only now. */
  public void putInt(int index, int value) {
    if (index < 0 || index + 4 > length) {
      throw new IndexOutOfBoundsException("index=" + index + " length=" + length);
    }
    BigEndian.putInt(bytes, index, value);
  }

  private void reserve(int count) {
    if (count > bytes.length - length) {
      grow(count);
    }
  }

  private void grow(int count) {
    long needed = (long) length + count;
    long doubled = Math.max(needed, 2L * bytes.length);
    if (needed > limit) {
      throw new RecordTooLargeException(needed, limit);
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(doubled, limit));
  }
}
