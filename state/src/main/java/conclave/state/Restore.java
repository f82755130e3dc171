package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.BigEndian;
import conclave.protocol.Id;
import conclave.protocol.MalformedRecordException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Builds a state machine from a snapshot: first the sessions and ACLs, then the znodes, parents
 * before children, then {@link #finish}.
 *
 * <p>Takes Apache's snapshots too, which were written while transactions were being applied and so
 * have effects of some that come after the snapshot's zxid: {@link #digest} tells until where.
 */
public final class Restore {

  /**
   * Nobody but the super user has a znode whose ACL the snapshot lacks, until the log brings it.
   */
  private static final List<Acl> UNKNOWN_ACL = List.of(new Acl(0, Id.ANYONE));

  private static final byte[] END_MARK = {0, 0, 0, 1, '/'};

  private final StateConfig config;
  private final Notices notices;
  private final Tree tree;
  private final Sessions sessions = new Sessions();
  private final Map<Long, List<Acl>> acls = new HashMap<>();
  private boolean rooted;
  private boolean ended;
  private byte[] lastParentPath = {};
  private @Nullable Znode lastParent;
  private @Nullable ZxidDigest digest;

  public Restore(StateConfig config, Notices notices) {
    this.config = config;
    this.notices = notices;
    this.tree = new Tree(config.extendedTypesEnabled(), config.digestEnabled());
    acls.put(SnapshotImage.OPEN_ACL, Acl.OPEN);
  }

  public void session(long id, int timeoutMs) {
    sessions.put(id, timeoutMs);
  }

  /** The ACL of that number. */
  public void acl(long number, List<Acl> acl) {
    acls.put(number, acl);
  }

  /** A znode; the root has the empty path. */
  public void node(String path, byte @Nullable [] data, long acl, StoredStat stat) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    byte[] some = data == null ? bytes : data;
    node(bytes, 0, bytes.length, some, 0, data == null ? -1 : data.length, acl, stat);
  }

  /**
   * Reads znodes as snapshots have them (path, data, ACL number, metadata), as many as there are
   * whole in {@code bytes} between the two indexes, up to the mark behind the last one.
   *
   * @return the index of the first byte that was not used
   * @throws MalformedRecordException when they can't be znodes of one tree
   */
  public int nodes(byte[] bytes, int from, int to) {
    int at = from;
    while (!ended && to - at >= END_MARK.length) {
      if (Arrays.equals(bytes, at, at + END_MARK.length, END_MARK, 0, END_MARK.length)) {
        ended = true;
        return at + END_MARK.length;
      }
      int pathLength = BigEndian.getInt(bytes, at);
      if (pathLength < 0) {
        throw new MalformedRecordException("path length=" + pathLength);
      }
      if (pathLength > to - at - 8) {
        return at;
      }
      int dataLengthAt = at + 4 + pathLength;
      int dataLength = BigEndian.getInt(bytes, dataLengthAt);
      if (dataLength < -1) {
        throw new MalformedRecordException("data length=" + dataLength);
      }
      int aclAt = dataLengthAt + 4 + Math.max(0, dataLength);
      if (aclAt < 0 || to - aclAt < 8 + StoredStat.LENGTH) {
        return at;
      }
      node(
          bytes,
          at + 4,
          pathLength,
          bytes,
          dataLengthAt + 4,
          dataLength,
          BigEndian.getLong(bytes, aclAt),
          StoredStat.read(bytes, aclAt + 8));
      at = aclAt + 8 + StoredStat.LENGTH;
    }
    return at;
  }

  /** Whether the mark behind the last znode was seen. */
  public boolean ended() {
    return ended;
  }

  /**
   * The digest that stands in the snapshot: of the tree after the transaction {@code zxid}, which
   * may be one that comes after the snapshot's own.
   */
  public void digest(long zxid, int version, long value) {
    digest = new ZxidDigest(zxid, version, value);
  }

  /** The state machine, with all transactions up to {@code zxid} in it. */
  public StateMachine finish(long zxid) {
    if (!rooted) {
      throw new MalformedRecordException("a snapshot without a root");
    }
    tree.completeBorn();
    return new StateMachine(config, notices, tree, sessions, zxid, digest);
  }

  private void node(
      byte[] path,
      int pathAt,
      int pathLength,
      byte[] data,
      int dataAt,
      int dataLength,
      long acl,
      StoredStat stat) {
    List<Acl> list = acls.getOrDefault(acl, UNKNOWN_ACL);
    if (pathLength == 0) {
      if (rooted) {
        throw new MalformedRecordException("twice: the root");
      }
      rooted = true;
      tree.loadRoot(stat, list, data, dataAt, dataLength);
      lastParent = null;
      return;
    }
    int end = pathAt + pathLength;
    int slash = end - 1;
    while (slash > pathAt && path[slash] != '/') {
      slash--;
    }
    if (path[slash] != '/' || slash == end - 1 || slash > pathAt && path[slash - 1] == '/') {
      throw new MalformedRecordException("path=" + text(path, pathAt, end));
    }
    Znode parent = parent(path, pathAt, slash);
    int nameAt = slash + 1;
    byte[] content = Content.load(path, nameAt, end - nameAt, data, dataAt, dataLength, stat);
    int hash = hash(path, nameAt, end);
    if (!tree.load(parent, chars(path, pathAt, end), hash, content, list, stat)) {
      throw new MalformedRecordException("twice: path=" + text(path, pathAt, end));
    }
  }

  /** The znode at that part of a path; children of one parent mostly come one after another. */
  private Znode parent(byte[] path, int from, int to) {
    Znode known = lastParent;
    if (known != null && Arrays.equals(path, from, to, lastParentPath, 0, lastParentPath.length)) {
      return known;
    }
    Znode parent = tree.find(text(path, from, to));
    if (parent == null || !rooted) {
      throw new MalformedRecordException("no parent: path=" + text(path, from, to));
    }
    lastParent = parent;
    lastParentPath = Arrays.copyOfRange(path, from, to);
    return parent;
  }

  private static int hash(byte[] path, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      if (path[i] < 0) {
        String name = text(path, from, to);
        return Znode.hash(name, 0, name.length());
      }
      h = 31 * h + path[i];
    }
    return Znode.mix(h);
  }

  /** Apache counts sizes in characters. */
  private static int chars(byte[] path, int from, int to) {
    int chars = 0;
    for (int i = from; i < to; i++) {
      if ((path[i] & 0xc0) != 0x80) {
        chars++;
      }
    }
    return chars;
  }

  private static String text(byte[] path, int from, int to) {
    return new String(path, from, to - from, StandardCharsets.UTF_8);
  }
}
