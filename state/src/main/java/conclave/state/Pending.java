package conclave.state;

import conclave.protocol.Acl;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A znode as it will be when all that is in flight has been applied. */
final class Pending {
  private static final byte[] EMPTY = {};

  final String path;

  /** The change that made it so; 0 for what was just read from the tree. */
  long zxid;

  boolean exists;
  int version;
  int aversion;
  int creates;
  int children;
  List<Acl> acl;
  long owner;
  long czxid;
  long mzxid;
  long pzxid;
  long ctimeMs;
  long mtimeMs;
  byte[] data = EMPTY;
  int dataAt;

  /** &minus;1 for null. */
  int dataLength;

  /** What it adds to the digest of the tree. */
  long digest;

  /** One that doesn't exist. */
  Pending(String path) {
    this.path = path;
    this.acl = List.of();
  }

  Pending(String path, Znode node, List<Acl> acl) {
    this.path = path;
    this.exists = true;
    byte[] content = node.content;
    this.version = Content.version(content);
    this.aversion = Content.aversion(content);
    this.creates = node.creates();
    this.children = node.childCount();
    this.acl = acl;
    this.owner = Content.owner(content);
    this.czxid = node.czxid;
    this.mzxid = Content.mzxid(content, node.czxid);
    this.pzxid = node.pzxid();
    this.ctimeMs = node.ctimeMs;
    this.mtimeMs = Content.mtimeMs(content, node.ctimeMs);
    this.data = content;
    this.dataAt = Content.dataStart(content);
    this.dataLength = Content.dataLength(content);
  }

  Pending copy() {
    Pending copy = new Pending(path);
    copy.exists = exists;
    copy.version = version;
    copy.aversion = aversion;
    copy.creates = creates;
    copy.children = children;
    copy.acl = acl;
    copy.owner = owner;
    copy.czxid = czxid;
    copy.mzxid = mzxid;
    copy.pzxid = pzxid;
    copy.ctimeMs = ctimeMs;
    copy.mtimeMs = mtimeMs;
    copy.data = data;
    copy.dataAt = dataAt;
    copy.dataLength = dataLength;
    copy.digest = digest;
    return copy;
  }

  void setData(byte @Nullable [] newData) {
    data = newData == null ? EMPTY : newData;
    dataAt = 0;
    dataLength = newData == null ? -1 : newData.length;
  }
}
