package conclave.storage;

/**
 * The bytes of a snapshot, as Apache writes and reads them; compressed as a whole, if at all.
 *
 * <pre>
 * "ZKSN" int, version 2 int, database id -1 long
 * count int, then for each session: id long, timeout int
 * count int, then for each ACL: number long, count int, then perms int, scheme, id
 * for each znode, parents first: path, data, number of its ACL long, czxid, mzxid, ctime, mtime long,
 *     version, cversion, aversion int, ephemeralOwner, pzxid long
 * the path "/", which ends the znodes (the root's own path is "")
 * seal
 * where digests are kept: zxid long, version int, digest long (hexadecimal text before version 2), seal
 * since 3.9: last zxid long, seal
 * </pre>
 *
 * A seal is the Adler32 of all bytes before it, as a long, and the string "/".
 */
final class SnapshotFormat {
  static final int MAGIC = 0x5a4b534e;
  static final int VERSION = 2;
  static final long DATABASE_ID = -1;
  static final String END = "/";

  /** A seal's length: long, string length, one character. */
  static final int SEAL_LENGTH = 13;

  /** From this version on a digest is a long. */
  static final int LONG_DIGEST_VERSION = 2;

  private SnapshotFormat() {}
}
