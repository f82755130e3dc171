package conclave.state;

import conclave.protocol.BigEndian;
import conclave.protocol.Paths;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * The digest of one znode as Apache computes it (version 2): CRC-32 over path, data, and 60 bytes
 * of metadata. The digest of a tree is the sum of its znodes' digests; what lies below {@code
 * /zookeeper} counts as 0 there, because its servers count quotas each for itself.
 */
final class Digester {
  private static final String EXEMPT = Paths.ZOOKEEPER + "/";
  private static final int EXEMPT_LENGTH = EXEMPT.length();

  /** Up to this, data is copied to have all that is summed in one piece, which is faster. */
  private static final int COPIED = 1024;

  private final CRC32 crc = new CRC32();
  private final DigestCache cache = new DigestCache();
  private byte[] buffer = new byte[256];

  long of(String nodePath, Znode node) {
    if (nodePath.startsWith(EXEMPT)) {
      return 0;
    }
    long known = cache.get(node);
    if (known >= 0) {
      return known;
    }
    long digest = of(node, putPath(nodePath));
    cache.put(node, digest);
    return digest;
  }

  /** The same for a znode whose path is not at hand, and which won't be asked for soon. */
  long of(Znode node) {
    int length = node.pathBytes();
    reserve(length);
    node.putPath(buffer);
    return length >= EXEMPT_LENGTH && isExempt(buffer) ? 0 : of(node, length);
  }

  long of(Pending node) {
    if (node.path.startsWith(EXEMPT)) {
      return 0;
    }
    int at = putPath(node.path);
    crc.reset();
    at = putData(node.data, node.dataAt, node.dataLength, at);
    return finish(
        at,
        node.czxid,
        node.mzxid,
        node.pzxid,
        node.ctimeMs,
        node.mtimeMs,
        node.version,
        node.creates,
        node.aversion,
        node.owner);
  }

  /** A znode is gone. */
  void forget(Znode node) {
    cache.remove(node);
  }

  private static boolean isExempt(byte[] path) {
    for (int i = 0; i < EXEMPT_LENGTH; i++) {
      if (path[i] != EXEMPT.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The digest of a znode whose path, of that length, is in the buffer. */
  private long of(Znode node, int pathLength) {
    byte[] content = node.content;
    crc.reset();
    int at = putData(content, Content.dataStart(content), Content.dataLength(content), pathLength);
    return finish(
        at,
        node.czxid,
        Content.mzxid(content, node.czxid),
        node.pzxid(),
        node.ctimeMs,
        Content.mtimeMs(content, node.ctimeMs),
        Content.version(content),
        node.creates(),
        Content.aversion(content),
        Content.owner(content));
  }

  private long finish(
      int at,
      long czxid,
      long mzxid,
      long pzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int creates,
      int aversion,
      long owner) {
    reserve(at + StoredStat.LENGTH);
    byte[] b = buffer;
    BigEndian.putLong(b, at, czxid);
    BigEndian.putLong(b, at + 8, mzxid);
    BigEndian.putLong(b, at + 16, pzxid);
    BigEndian.putLong(b, at + 24, ctimeMs);
    BigEndian.putLong(b, at + 32, mtimeMs);
    BigEndian.putInt(b, at + 40, version);
    BigEndian.putInt(b, at + 44, creates);
    BigEndian.putInt(b, at + 48, aversion);
    BigEndian.putLong(b, at + 52, owner);
    crc.update(b, 0, at + StoredStat.LENGTH);
    return crc.getValue();
  }

  /**
   * Puts the path at the buffer's start; the root counts as the empty path (Apache has it under
   * both and counts it once).
   *
   * @return where the rest goes
   */
  private int putPath(String nodePath) {
    int length = nodePath.length();
    if (length == 1) {
      return 0;
    }
    reserve(3 * length);
    return Content.putName(nodePath, 0, length, buffer, 0);
  }

  /** Puts data at an index of the buffer, or sums all up to here if there is much of it. */
  private int putData(byte[] data, int from, int length, int at) {
    if (length <= 0) {
      return at;
    }
    if (length <= COPIED) {
      reserve(at + length);
      System.arraycopy(data, from, buffer, at, length);
      return at + length;
    }
    crc.update(buffer, 0, at);
    crc.update(data, from, length);
    return 0;
  }

  private void reserve(int length) {
    if (buffer.length < length) {
      buffer = Arrays.copyOf(buffer, Math.max(length, 2 * buffer.length));
    }
  }
}
