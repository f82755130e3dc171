package conclave.state;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One znode: 48 bytes, and its content.
 *
 * <p>Name, data, and what most znodes have no need of (see {@link Content}) share one array, which
 * is never changed but replaced: so a reader who takes hold of it once sees data and versions that
 * belong together. What a znode knows of its children is in its {@link Branch}, which it gets with
 * the first child.
 *
 * <p>Written by the one thread that applies transactions, under the owner's exclusive lock; read by
 * any thread that tolerates nonsense while that is going on.
 */
final class Znode {
  private static final int MARK_BITS = 8;

  /** Snapshot marks go from 0 to this. */
  static final int MAX_MARK = (1 << MARK_BITS) - 1;

  final @Nullable Znode parent;

  /** {@link #hash(String, int, int)} of the name. */
  final int hash;

  final long czxid;
  final long ctimeMs;
  byte[] content;
  @Nullable Branch branch;

  /** The number of the ACL, and in the low bits the snapshot that this znode is already part of. */
  private int aclAndMark;

  Znode(
      @Nullable Znode parent,
      int hash,
      long czxid,
      long ctimeMs,
      byte[] content,
      int acl,
      int mark) {
    this.parent = parent;
    this.hash = hash;
    this.czxid = czxid;
    this.ctimeMs = ctimeMs;
    this.content = content;
    this.aclAndMark = acl << MARK_BITS | mark;
  }

  /** The hash of a name that is a part of a path. */
  static int hash(String path, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = 31 * h + path.charAt(i);
    }
    return mix(h);
  }

  /** Spreads the polynomial hash of a name over all bits: sequential names differ in few. */
  static int mix(int polynomial) {
    int h = polynomial * 0x9E3779B9;
    return h ^ h >>> 15;
  }

  int acl() {
    return aclAndMark >>> MARK_BITS;
  }

  void acl(int acl) {
    aclAndMark = acl << MARK_BITS | mark();
  }

  int mark() {
    return aclAndMark & MAX_MARK;
  }

  void mark(int mark) {
    aclAndMark = aclAndMark & ~MAX_MARK | mark;
  }

  /** Children made in it so far, dead or alive: what is stored as its cversion. */
  int creates() {
    Branch b = branch;
    return b == null ? 0 : b.creates;
  }

  int childCount() {
    Branch b = branch;
    return b == null ? 0 : b.count;
  }

  /** All znodes below it. */
  int descendants() {
    Branch b = branch;
    return b == null ? 0 : b.descendants;
  }

  long pzxid() {
    Branch b = branch;
    return b == null ? czxid : b.pzxid;
  }

  Branch ensureBranch() {
    Branch b = branch;
    if (b == null) {
      b = new Branch(czxid);
      branch = b;
    }
    return b;
  }

  @Nullable Znode child(String path, int from, int to, int hash) {
    Branch b = branch;
    return b == null ? null : b.find(path, from, to, hash);
  }

  String path() {
    byte[] bytes = new byte[pathBytes()];
    putPath(bytes);
    return bytes.length == 0 ? "/" : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Bytes of its path; none for the root, as in snapshots. */
  int pathBytes() {
    int length = 0;
    for (Znode at = this; at.parent != null; at = at.parent) {
      length += 1 + Content.nameLength(at.content);
    }
    return length;
  }

  /**
   * Puts its path into an array from the start on. Loops rather than recurses, here and wherever
   * else a path is walked: its depth is the client's choice.
   *
   * @return the path's length
   */
  int putPath(byte[] into) {
    int length = pathBytes();
    int end = length;
    for (Znode at = this; at.parent != null; at = at.parent) {
      byte[] c = at.content;
      int name = Content.nameLength(c);
      end -= name + 1;
      into[end] = '/';
      System.arraycopy(c, Content.nameStart(c), into, end + 1, name);
    }
    return length;
  }
}
