package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.JuteWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The state as it was at one transaction, handed out piece by piece while the writer goes on.
 *
 * <p>Every znode carries the mark of the snapshot that it is part of already. The image walks the
 * tree and hands out what has no mark yet; before the writer changes such a znode, it first puts
 * what the znode was, and its ancestors, into a queue here. New znodes are born marked. So each
 * znode that was there at the beginning is handed out exactly once, as it was then, and behind its
 * parent.
 *
 * <p>Threads: begun under the owner's exclusive lock; {@link #next} and {@link #close} belong to
 * one thread, under the shared lock.
 */
public final class SnapshotImage {

  /** The number under which snapshots have the open ACL, which is not in their map. */
  public static final long OPEN_ACL = -1;

  private final Tree tree;
  private final int mark;
  private final long zxid;
  private final long digest;
  private final int nodeCount;
  private final Map<Long, Integer> sessions;
  private final Map<Long, List<Acl>> acls;
  private final ArrayDeque<Saved> saved = new ArrayDeque<>();
  private final ArrayList<Frame> walk = new ArrayList<>();
  private final SnapshotNode node = new SnapshotNode();
  private boolean started;
  private boolean done;

  SnapshotImage(
      Tree tree,
      int mark,
      long zxid,
      long digest,
      Map<Long, Integer> sessions,
      List<AclTable.Numbered> acls) {
    this.tree = tree;
    this.mark = mark;
    this.zxid = zxid;
    this.digest = digest;
    this.nodeCount = tree.nodeCount();
    this.sessions = Collections.unmodifiableMap(sessions);
    Map<Long, List<Acl>> map = new TreeMap<>();
    for (AclTable.Numbered acl : acls) {
      map.put((long) acl.number(), acl.acl());
    }
    this.acls = Collections.unmodifiableMap(map);
  }

  /** The last transaction that is in it. */
  public long zxid() {
    return zxid;
  }

  /** What its znodes sum up to; 0 when digests are disabled. */
  public long digest() {
    return digest;
  }

  /** How many znodes {@link #next} will hand out in all. */
  public int nodeCount() {
    return nodeCount;
  }

  /** The sessions with their timeouts in milliseconds, by id. */
  public Map<Long, Integer> sessions() {
    return sessions;
  }

  /** The ACLs by number; without the open one, which is {@link #OPEN_ACL} everywhere. */
  public Map<Long, List<Acl>> acls() {
    return acls;
  }

  /**
   * Hands out more of the znodes, parents before children.
   *
   * @param maxNodes how many znodes to look at, which bounds the time that it takes
   * @return whether there is more; if not the image is closed
   */
  public boolean next(NodeSink sink, int maxNodes) {
    if (done) {
      return false;
    }
    int budget = maxNodes;
    for (; budget > 0 && !saved.isEmpty(); budget--) {
      Saved old = saved.remove();
      hand(sink, old.node, old.content, old.acl, old.creates, old.pzxid);
    }
    if (!started && budget > 0) {
      started = true;
      visit(sink, tree.root());
      budget--;
    }
    for (; budget > 0 && !walk.isEmpty(); budget--) {
      Frame top = walk.get(walk.size() - 1);
      if (top.at < top.children.length) {
        visit(sink, top.children[top.at++]);
      } else {
        walk.remove(walk.size() - 1);
      }
    }
    if (started && walk.isEmpty() && saved.isEmpty()) {
      finish(true);
    }
    return !done;
  }

  /** Gives the image up if it is not finished; does nothing otherwise. */
  public void close() {
    if (!done) {
      finish(false);
    }
  }

  private void finish(boolean complete) {
    done = true;
    tree.endSnapshot(this, complete);
    saved.clear();
    walk.clear();
  }

  private void visit(NodeSink sink, Znode visited) {
    if (visited.mark() != mark) {
      visited.mark(mark);
      hand(sink, visited, visited.content, visited.acl(), visited.creates(), visited.pzxid());
    }
    // Those who were its children at the beginning are so still, or have been saved when they went.
    Branch branch = visited.branch;
    if (branch != null && branch.count > 0) {
      walk.add(new Frame(branch.children()));
    }
  }

  private void hand(NodeSink sink, Znode of, byte[] content, int acl, int creates, long pzxid) {
    node.set(of, content, acl == AclTable.OPEN ? OPEN_ACL : acl, creates, pzxid);
    sink.node(node);
  }

  /** The writer is about to change a znode without mark. */
  void saveBeforeChange(Znode changing) {
    Znode parent = changing.parent;
    if (parent == null || parent.mark() == mark) {
      save(changing);
      return;
    }
    ArrayDeque<Znode> path = new ArrayDeque<>();
    for (Znode up = changing; up != null && up.mark() != mark; up = up.parent) {
      path.push(up);
    }
    path.forEach(this::save);
  }

  private void save(Znode old) {
    old.mark(mark);
    saved.add(new Saved(old, old.content, old.acl(), old.creates(), old.pzxid()));
  }

  private record Saved(Znode node, byte[] content, int acl, int creates, long pzxid) {}

  private static final class Frame {
    final Znode[] children;
    int at;

    Frame(Znode[] children) {
      this.children = children;
    }
  }

  /** One znode of a snapshot; valid only during the call that hands it out. */
  public static final class SnapshotNode {
    private byte[] path = new byte[256];
    private int pathLength;
    private byte[] content = {};
    private long acl;
    private long czxid;
    private long ctimeMs;
    private int creates;
    private long pzxid;

    private void set(Znode of, byte[] content, long acl, int creates, long pzxid) {
      int length = of.pathBytes();
      if (length > path.length) {
        path = new byte[Math.max(length, 2 * path.length)];
      }
      this.pathLength = of.putPath(path);
      this.content = content;
      this.acl = acl;
      this.czxid = of.czxid;
      this.ctimeMs = of.ctimeMs;
      this.creates = creates;
      this.pzxid = pzxid;
    }

    /** The path as snapshots have it: empty for the root. */
    public String path() {
      return new String(path, 0, pathLength, StandardCharsets.UTF_8);
    }

    public byte @Nullable [] data() {
      return Content.data(content);
    }

    /** The number of its ACL. */
    public long acl() {
      return acl;
    }

    public StoredStat stat() {
      return new StoredStat(
          czxid,
          Content.mzxid(content, czxid),
          ctimeMs,
          Content.mtimeMs(content, ctimeMs),
          Content.version(content),
          creates,
          Content.aversion(content),
          Content.owner(content),
          pzxid);
    }

    /** Writes path, data, ACL number and metadata as Apache's snapshots have them. */
    public void write(JuteWriter out) {
      byte[] c = content;
      out.writeBuffer(path, 0, pathLength);
      int length = Content.dataLength(c);
      if (length < 0) {
        out.writeInt(-1);
      } else {
        out.writeBuffer(c, Content.dataStart(c), length);
      }
      out.writeLong(acl);
      out.writeLong(czxid);
      out.writeLong(Content.mzxid(c, czxid));
      out.writeLong(ctimeMs);
      out.writeLong(Content.mtimeMs(c, ctimeMs));
      out.writeInt(Content.version(c));
      out.writeInt(creates);
      out.writeInt(Content.aversion(c));
      out.writeLong(Content.owner(c));
      out.writeLong(pzxid);
    }
  }

  /** Takes the znodes of a snapshot. */
  @FunctionalInterface
  public interface NodeSink {
    void node(SnapshotNode node);
  }
}
