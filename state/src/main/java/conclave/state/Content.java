package conclave.state;

import conclave.protocol.BigEndian;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a znode's content array.
 *
 * <pre>
 * flags            1 byte
 * name length      1 byte, or 4 with LONG_NAME
 * name             as on the wire
 * mzxid, mtime     8 bytes each, version 4: with MODIFIED; else czxid, ctime, 0
 * owner            8 bytes, with OWNER; else 0
 * aversion         4 bytes, with AVERSION; else 0
 * data             to the end; NULL_DATA tells null from empty
 * </pre>
 *
 * <p>Most znodes are persistent and are never changed, so most have none of the optional parts.
 */
final class Content {
  private static final int MODIFIED = 1;
  private static final int OWNER = 2;
  private static final int AVERSION = 4;
  private static final int NULL_DATA = 8;
  private static final int LONG_NAME = 16;

  private static final int[] OPTIONAL_LENGTH = {0, 20, 8, 28, 4, 24, 12, 32};
  private static final byte[] EMPTY = {};

  private Content() {}

  /** A new znode's. */
  static byte[] create(String path, int nameFrom, int nameTo, byte @Nullable [] data, long owner) {
    int nameLength = wireLength(path, nameFrom, nameTo);
    int flags = data == null ? NULL_DATA : 0;
    byte[] content = allocate(flags, nameLength, 0, 0, 0, owner, 0, data == null ? 0 : data.length);
    putName(path, nameFrom, nameTo, content, nameStart(content));
    if (data != null) {
      System.arraycopy(data, 0, content, dataStart(content), data.length);
    }
    return content;
  }

  /** One that is loaded: with all parts, as far as they differ from the usual. */
  static byte[] load(
      byte[] name,
      int nameAt,
      int nameLength,
      byte[] data,
      int dataAt,
      int dataLength,
      StoredStat stat) {
    int flags = dataLength < 0 ? NULL_DATA : 0;
    if (stat.mzxid() != stat.czxid() || stat.mtimeMs() != stat.ctimeMs() || stat.version() != 0) {
      flags |= MODIFIED;
    }
    byte[] content =
        allocate(
            flags,
            nameLength,
            stat.mzxid(),
            stat.mtimeMs(),
            stat.version(),
            stat.ephemeralOwner(),
            stat.aversion(),
            Math.max(dataLength, 0));
    System.arraycopy(name, nameAt, content, nameStart(content), nameLength);
    if (dataLength > 0) {
      System.arraycopy(data, dataAt, content, dataStart(content), dataLength);
    }
    return content;
  }

  /** The same znode with other data. */
  static byte[] withData(
      byte[] old, byte @Nullable [] data, long mzxid, long mtimeMs, int version) {
    int flags = MODIFIED | (data == null ? NULL_DATA : 0);
    byte[] content =
        allocate(
            flags,
            nameLength(old),
            mzxid,
            mtimeMs,
            version,
            owner(old),
            aversion(old),
            data == null ? 0 : data.length);
    System.arraycopy(old, nameStart(old), content, nameStart(content), nameLength(old));
    if (data != null) {
      System.arraycopy(data, 0, content, dataStart(content), data.length);
    }
    return content;
  }

  /** The same znode with another version of its ACL. */
  static byte[] withAversion(byte[] old, int aversion, long czxid, long ctimeMs) {
    int dataLength = old.length - dataStart(old);
    byte[] content =
        allocate(
            old[0] & (MODIFIED | NULL_DATA),
            nameLength(old),
            mzxid(old, czxid),
            mtimeMs(old, ctimeMs),
            version(old),
            owner(old),
            aversion,
            dataLength);
    System.arraycopy(old, nameStart(old), content, nameStart(content), nameLength(old));
    System.arraycopy(old, dataStart(old), content, dataStart(content), dataLength);
    return content;
  }

  /** Everything but name and data. */
  private static byte[] allocate(
      int fixedFlags,
      int nameLength,
      long mzxid,
      long mtimeMs,
      int version,
      long owner,
      int aversion,
      int dataLength) {
    int flags =
        fixedFlags
            | (owner != 0 ? OWNER : 0)
            | (aversion != 0 ? AVERSION : 0)
            | (nameLength > 255 ? LONG_NAME : 0);
    int nameStart = nameLength > 255 ? 5 : 2;
    int at = nameStart + nameLength;
    byte[] content = new byte[Math.addExact(at + OPTIONAL_LENGTH[flags & 7], dataLength)];
    content[0] = (byte) flags;
    if (nameLength > 255) {
      BigEndian.putInt(content, 1, nameLength);
    } else {
      content[1] = (byte) nameLength;
    }
    if ((flags & MODIFIED) != 0) {
      BigEndian.putLong(content, at, mzxid);
      BigEndian.putLong(content, at + 8, mtimeMs);
      BigEndian.putInt(content, at + 16, version);
      at += 20;
    }
    if (owner != 0) {
      BigEndian.putLong(content, at, owner);
      at += 8;
    }
    if (aversion != 0) {
      BigEndian.putInt(content, at, aversion);
    }
    return content;
  }

  static int nameStart(byte[] content) {
    return (content[0] & LONG_NAME) != 0 ? 5 : 2;
  }

  static int nameLength(byte[] content) {
    return (content[0] & LONG_NAME) != 0 ? BigEndian.getInt(content, 1) : content[1] & 0xff;
  }

  private static int optionalStart(byte[] content) {
    return nameStart(content) + nameLength(content);
  }

  static int dataStart(byte[] content) {
    return optionalStart(content) + OPTIONAL_LENGTH[content[0] & 7];
  }

  /** The length of the data, &minus;1 for null. */
  static int dataLength(byte[] content) {
    return (content[0] & NULL_DATA) != 0 ? -1 : content.length - dataStart(content);
  }

  static byte @Nullable [] data(byte[] content) {
    int length = dataLength(content);
    if (length <= 0) {
      return length < 0 ? null : EMPTY;
    }
    return Arrays.copyOfRange(content, dataStart(content), content.length);
  }

  static long mzxid(byte[] content, long czxid) {
    return (content[0] & MODIFIED) == 0
        ? czxid
        : BigEndian.getLong(content, optionalStart(content));
  }

  static long mtimeMs(byte[] content, long ctimeMs) {
    return (content[0] & MODIFIED) == 0
        ? ctimeMs
        : BigEndian.getLong(content, optionalStart(content) + 8);
  }

  static int version(byte[] content) {
    return (content[0] & MODIFIED) == 0
        ? 0
        : BigEndian.getInt(content, optionalStart(content) + 16);
  }

  static long owner(byte[] content) {
    int flags = content[0];
    return (flags & OWNER) == 0
        ? 0
        : BigEndian.getLong(content, optionalStart(content) + OPTIONAL_LENGTH[flags & MODIFIED]);
  }

  static int aversion(byte[] content) {
    int flags = content[0];
    return (flags & AVERSION) == 0
        ? 0
        : BigEndian.getInt(
            content, optionalStart(content) + OPTIONAL_LENGTH[flags & (MODIFIED | OWNER)]);
  }

  /** Whether the name is that part of a path. */
  static boolean isNamed(byte[] content, String path, int from, int to) {
    int at = nameStart(content);
    int end = at + nameLength(content);
    for (int i = from; i < to; i++) {
      char c = path.charAt(i);
      int bytes = wireLength(c);
      if (end - at < bytes) {
        return false;
      }
      if (bytes == 1
          ? content[at] != c
          : bytes == 2
              ? content[at] != (byte) (0xc0 | c >> 6) || content[at + 1] != last(c)
              : content[at] != (byte) (0xe0 | c >> 12)
                  || content[at + 1] != last(c >> 6)
                  || content[at + 2] != last(c)) {
        return false;
      }
      at += bytes;
    }
    return at == end;
  }

  static boolean sameName(byte[] a, byte[] b) {
    int aStart = nameStart(a);
    int bStart = nameStart(b);
    return Arrays.equals(a, aStart, aStart + nameLength(a), b, bStart, bStart + nameLength(b));
  }

  private static int wireLength(char c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
  }

  private static byte last(int c) {
    return (byte) (0x80 | c & 0x3f);
  }

  private static int wireLength(String path, int from, int to) {
    int length = 0;
    for (int i = from; i < to; i++) {
      length += wireLength(path.charAt(i));
    }
    return length;
  }

  /**
   * Puts characters as the wire has them: each UTF-16 unit by itself. Returns the index behind
   * them.
   */
  static int putName(String path, int from, int to, byte[] into, int index) {
    int at = index;
    for (int i = from; i < to; i++) {
      char c = path.charAt(i);
      if (c < 0x80) {
        into[at++] = (byte) c;
      } else if (c < 0x800) {
        into[at++] = (byte) (0xc0 | c >> 6);
        into[at++] = last(c);
      } else {
        into[at++] = (byte) (0xe0 | c >> 12);
        into[at++] = last(c >> 6);
        into[at++] = last(c);
      }
    }
    return at;
  }
}
