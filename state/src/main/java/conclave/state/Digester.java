package conclave.state;

import conclave.protocol.BigEndian;
import conclave.protocol.Paths;
import java.util.zip.CRC32;

/**
 * The digest of one znode as Apache computes it (version 2): CRC-32 over path, data, and 60 bytes
 * of metadata. The digest of a tree is the sum of its znodes' digests; what lies below {@code
 * /zookeeper} counts as 0 there, because its servers count quotas each for itself.
 */
final class Digester {
  private static final String EXEMPT = Paths.ZOOKEEPER + "/";
  private static final int EXEMPT_LENGTH = EXEMPT.length();

  private final CRC32 crc = new CRC32();
  private final byte[] stat = new byte[StoredStat.LENGTH];
  private byte[] path = new byte[256];

  long of(String nodePath, Znode node) {
    if (nodePath.startsWith(EXEMPT)) {
      return 0;
    }
    startWith(nodePath);
    return rest(node);
  }

  /** The same for a znode whose path is not at hand. */
  long of(Znode node) {
    int length = node.pathBytes();
    reserve(length);
    node.putPath(path);
    if (length >= EXEMPT_LENGTH && isExempt(path)) {
      return 0;
    }
    crc.reset();
    crc.update(path, 0, length);
    return rest(node);
  }

  long of(Pending node) {
    if (node.path.startsWith(EXEMPT)) {
      return 0;
    }
    startWith(node.path);
    if (node.dataLength > 0) {
      crc.update(node.data, node.dataAt, node.dataLength);
    }
    return rest(
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

  private static boolean isExempt(byte[] path) {
    for (int i = 0; i < EXEMPT_LENGTH; i++) {
      if (path[i] != EXEMPT.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private long rest(Znode node) {
    byte[] content = node.content;
    int length = Content.dataLength(content);
    if (length > 0) {
      crc.update(content, Content.dataStart(content), length);
    }
    return rest(
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

  private long rest(
      long czxid,
      long mzxid,
      long pzxid,
      long ctimeMs,
      long mtimeMs,
      int version,
      int creates,
      int aversion,
      long owner) {
    byte[] b = stat;
    BigEndian.putLong(b, 0, czxid);
    BigEndian.putLong(b, 8, mzxid);
    BigEndian.putLong(b, 16, pzxid);
    BigEndian.putLong(b, 24, ctimeMs);
    BigEndian.putLong(b, 32, mtimeMs);
    BigEndian.putInt(b, 40, version);
    BigEndian.putInt(b, 44, creates);
    BigEndian.putInt(b, 48, aversion);
    BigEndian.putLong(b, 52, owner);
    crc.update(b, 0, b.length);
    return crc.getValue();
  }

  /** The root counts as the empty path (Apache has it under both and counts it once). */
  private void startWith(String nodePath) {
    crc.reset();
    int length = nodePath.length();
    if (length > 1) {
      reserve(3 * length);
      crc.update(path, 0, Content.putName(nodePath, 0, length, path, 0));
    }
  }

  private void reserve(int length) {
    if (path.length < length) {
      path = new byte[Math.max(length, 2 * path.length)];
    }
  }
}
