package conclave.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads jute primitives from a range of a byte array.
 *
 * <p>Every read checks that the bytes are there and throws {@link MalformedRecordException} when
 * not, so arbitrary input can at worst be refused. Lengths are checked against the bytes that
 * remain before anything is allocated: a frame can't make the reader allocate more than a small
 * multiple of its size. Not thread-safe.
 */
public final class JuteReader {
  private static final byte[] NO_BYTES = {};

  private final byte[] bytes;
  private final int end;
  private int position;

  public JuteReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** Reads {@code length} bytes of {@code bytes} from {@code offset} on. */
  public JuteReader(byte[] bytes, int offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes.length - length) {
      throw new IndexOutOfBoundsException(
          "offset=" + offset + " length=" + length + " of=" + bytes.length);
    }
    this.bytes = bytes;
    this.position = offset;
    this.end = offset + length;
  }

  /** Bytes that have not been read. */
  public int remaining() {
    return end - position;
  }

  /** Index of the next byte in the array this reader was made of. */
  public int position() {
    return position;
  }

  public byte readByte() {
    need(1);
    return bytes[position++];
  }

  public boolean readBool() {
    return readByte() != 0;
  }

  public int readInt() {
    need(4);
    int value = BigEndian.getInt(bytes, position);
    position += 4;
    return value;
  }

  /** The int that comes next, without passing over it. */
  public int peekInt() {
    need(4);
    return BigEndian.getInt(bytes, position);
  }

  public long readLong() {
    need(8);
    long value = BigEndian.getLong(bytes, position);
    position += 8;
    return value;
  }

  /** A buffer; null when its length is &minus;1. */
  public byte @Nullable [] readBuffer() {
    int length = readLength("buffer");
    if (length < 0) {
      return null;
    }
    if (length == 0) {
      return NO_BYTES;
    }
    byte[] value = new byte[length];
    System.arraycopy(bytes, position, value, 0, length);
    position += length;
    return value;
  }

  /** A string in standard UTF-8; null when its length is &minus;1. */
  public @Nullable String readNullableString() {
    int length = readLength("string");
    if (length < 0) {
      return null;
    }
    String value = new String(bytes, position, length, StandardCharsets.UTF_8);
    position += length;
    return value;
  }

  /** A string that must be there. */
  public String readString() {
    String value = readNullableString();
    if (value == null) {
      throw new MalformedRecordException("null where a string must be, position=" + position);
    }
    return value;
  }

  /** A vector whose items are read by {@code item}; a null vector counts as an empty one. */
  public <T> List<T> readVector(Function<JuteReader, T> item) {
    int count = readCount();
    if (count <= 0) {
      return List.of();
    }
    List<T> items = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      items.add(item.apply(this));
    }
    return items;
  }

  /**
   * The count of a vector, &minus;1 for a null one; any other negative count is an empty vector, as
   * Apache reads it. Every item takes at least one byte, so a count beyond the bytes that remain is
   * refused before room for it is made.
   */
  public int readCount() {
    int count = readInt();
    if (count > remaining()) {
      throw new MalformedRecordException("vector count=" + count + " remaining=" + remaining());
    }
    return count < -1 ? 0 : count;
  }

  /** Passes over {@code length} bytes. */
  public void skip(int length) {
    need(length);
    position += length;
  }

  private int readLength(String what) {
    int length = readInt();
    if (length < -1 || length > remaining()) {
      throw new MalformedRecordException(what + " length=" + length + " remaining=" + remaining());
    }
    return length;
  }

  private void need(int length) {
    if (length < 0 || length > end - position) {
      throw new MalformedRecordException("needed=" + length + " remaining=" + remaining());
    }
  }
}
