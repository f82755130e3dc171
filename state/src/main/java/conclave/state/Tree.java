package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.Paths;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The znodes, and what is counted and registered about them. It knows how to change one znode and
 * keep all of that right, but nothing of requests, transactions, quotas or watches.
 *
 * <p>There is no map of paths: a path is looked up segment by segment.
 */
final class Tree {
  private static final byte[] NO_DATA = {};

  final AclTable acls = new AclTable();
  private final boolean extendedTypes;
  private final boolean digestEnabled;
  private final Digester digester = new Digester();
  private final LongMap<ZnodeSet> ephemerals = new LongMap<>();
  private final ZnodeSet containers = new ZnodeSet();
  private final ZnodeSet ttls = new ZnodeSet();
  private Znode root;
  private int ephemeralCount;
  private long dataSize;
  private long digest;

  /** The mark of the snapshot that is being taken or was taken last. */
  private int mark;

  private int unfinishedSnapshots;
  private @Nullable SnapshotImage snapshot;

  /** An empty tree: no root even, until one is loaded. */
  Tree(boolean extendedTypes, boolean digestEnabled) {
    this.extendedTypes = extendedTypes;
    this.digestEnabled = digestEnabled;
    this.root = newRoot(StoredStat.ZERO, AclTable.OPEN, new byte[0], 0, 0);
  }

  /** What every tree is born with. */
  static Tree born(boolean extendedTypes, boolean digestEnabled) {
    Tree tree = new Tree(extendedTypes, digestEnabled);
    tree.countRoot();
    tree.addBorn(Paths.ZOOKEEPER, AclTable.OPEN);
    tree.addBorn(Paths.QUOTA, AclTable.OPEN);
    tree.addConfig();
    return tree;
  }

  private static Znode newRoot(StoredStat stat, int acl, byte[] data, int dataAt, int dataLength) {
    byte[] content = Content.load(new byte[0], 0, 0, data, dataAt, dataLength, stat);
    Znode node = new Znode(null, 0, stat.czxid(), stat.ctimeMs(), content, acl, 0);
    Branch branch = node.ensureBranch();
    branch.creates = stat.cversion();
    branch.pzxid = stat.pzxid();
    return node;
  }

  /**
   * The configuration's znode: everybody reads, and as Apache makes it its aversion is &minus;1.
   */
  private void addConfig() {
    Znode config = addBorn(Paths.CONFIG, acls.acquire(Acl.READ_ONLY));
    config.content = Content.withAversion(config.content, -1, config.czxid, config.ctimeMs);
  }

  /** A znode that no transaction made: all zeros, and its parent's counters don't move. */
  private Znode addBorn(String path, int acl) {
    int slash = path.lastIndexOf('/');
    Znode parent = get(Paths.parent(path));
    byte[] content = Content.create(path, slash + 1, path.length(), NO_DATA, 0);
    Znode node =
        new Znode(parent, Znode.hash(path, slash + 1, path.length()), 0, 0, content, acl, mark);
    link(node);
    register(node, path.length());
    digest += digestOf(path, node);
    return node;
  }

  // --- looking up: any thread

  Znode root() {
    return root;
  }

  /** The znode at a path, or null; the empty path is the root, as in Apache. */
  @Nullable Znode find(String path) {
    int length = path.length();
    if (length == 0) {
      return root;
    }
    if (path.charAt(0) != '/') {
      return null;
    }
    Znode node = root;
    int from = 1;
    if (length == 1) {
      return node;
    }
    while (true) {
      int h = 0;
      int to = from;
      for (; to < length; to++) {
        char c = path.charAt(to);
        if (c == '/') {
          break;
        }
        h = 31 * h + c;
      }
      if (to == from) {
        return null;
      }
      node = node.child(path, from, to, Znode.mix(h));
      if (node == null || to == length) {
        return node;
      }
      from = to + 1;
    }
  }

  private Znode get(String path) {
    Znode node = find(path);
    if (node == null) {
      throw new IllegalStateException("no znode " + path);
    }
    return node;
  }

  List<Acl> acl(Znode node) {
    return acls.list(node.acl());
  }

  /** The owner as clients see it: only sessions are shown. */
  long shownOwner(long owner) {
    return EphemeralOwner.isSession(owner, extendedTypes) ? owner : 0;
  }

  @Nullable ZnodeSet ephemeralsOf(long sessionId) {
    return ephemerals.get(sessionId);
  }

  long[] ephemeralOwners() {
    return ephemerals.keys();
  }

  ZnodeSet containers() {
    return containers;
  }

  ZnodeSet ttls() {
    return ttls;
  }

  int ephemeralCount() {
    return ephemeralCount;
  }

  /** Znodes, the root included. */
  int nodeCount() {
    return 1 + root.descendants();
  }

  /** Characters of paths plus bytes of data. */
  long dataSize() {
    return dataSize;
  }

  long digest() {
    return digest;
  }

  long digestOf(String path, Znode node) {
    return digestEnabled ? digester.of(path, node) : 0;
  }

  Digester digester() {
    return digester;
  }

  // --- changing: the writer

  Znode create(
      Znode parent,
      String path,
      byte @Nullable [] data,
      List<Acl> acl,
      long owner,
      long zxid,
      long timeMs) {
    int from = path.lastIndexOf('/') + 1;
    byte[] content = Content.create(path, from, path.length(), data, owner);
    int hash = Znode.hash(path, from, path.length());
    Znode node = new Znode(parent, hash, zxid, timeMs, content, acls.acquire(acl), mark);
    beforeChange(parent);
    link(node);
    register(node, path.length());
    digest += digestOf(path, node);
    return node;
  }

  void delete(String path, Znode node) {
    Znode parent = node.parent;
    if (parent == null) {
      throw new IllegalStateException("the root can't be deleted");
    }
    beforeChange(node);
    beforeChange(parent);
    unregister(path, node);
    Branch branch = parent.ensureBranch();
    branch.remove(node);
    for (Znode up = parent; up != null; up = up.parent) {
      up.ensureBranch().descendants--;
    }
    acls.release(node.acl());
    digester.forget(node);
  }

  void setData(
      String path, Znode node, byte @Nullable [] data, int version, long zxid, long timeMs) {
    replaceContent(path, node, Content.withData(node.content, data, zxid, timeMs, version));
  }

  /** Changes data for which no transaction accounts: a quota's statistics. */
  void setDataOnly(String path, Znode node, byte[] data) {
    byte[] old = node.content;
    replaceContent(
        path,
        node,
        Content.withData(
            old,
            data,
            Content.mzxid(old, node.czxid),
            Content.mtimeMs(old, node.ctimeMs),
            Content.version(old)));
  }

  void setAcl(String path, Znode node, List<Acl> acl, int aversion) {
    int old = node.acl();
    beforeChange(node);
    node.acl(acls.acquire(acl));
    acls.release(old);
    replaceContent(
        path, node, Content.withAversion(node.content, aversion, node.czxid, node.ctimeMs));
  }

  /** Another ACL, without a trace in the znode's metadata. */
  void setAclOnly(Znode node, List<Acl> acl) {
    int old = node.acl();
    beforeChange(node);
    node.acl(acls.acquire(acl));
    acls.release(old);
  }

  /** Moves a parent's counters. */
  void setChildrenChange(String path, Znode parent, int creates, long pzxid) {
    beforeChange(parent);
    long before = digestOf(path, parent);
    Branch branch = parent.ensureBranch();
    branch.creates = creates;
    branch.pzxid = pzxid;
    digest += digestOf(path, parent) - before;
  }

  private void replaceContent(String path, Znode node, byte[] content) {
    beforeChange(node);
    long before = digestOf(path, node);
    dataSize -= Math.max(0, Content.dataLength(node.content));
    node.content = content;
    dataSize += Math.max(0, Content.dataLength(content));
    digest += digestOf(path, node) - before;
  }

  private void link(Znode node) {
    Znode parent = node.parent;
    if (parent == null) {
      throw new IllegalStateException("the root has no parent");
    }
    parent.ensureBranch().add(node);
    for (Znode up = parent; up != null; up = up.parent) {
      up.ensureBranch().descendants++;
    }
  }

  private void register(Znode node, int pathChars) {
    dataSize += pathChars + Math.max(0, Content.dataLength(node.content));
    long owner = Content.owner(node.content);
    if (owner == 0) {
      return;
    }
    if (EphemeralOwner.isContainer(owner)) {
      containers.add(node);
    } else if (EphemeralOwner.isTtl(owner, extendedTypes)) {
      ttls.add(node);
    } else {
      ZnodeSet set = ephemerals.get(owner);
      if (set == null) {
        set = new ZnodeSet();
        ephemerals.put(owner, set);
      }
      set.add(node);
      ephemeralCount++;
    }
  }

  private void unregister(String path, Znode node) {
    dataSize -= path.length() + Math.max(0, Content.dataLength(node.content));
    digest -= digestOf(path, node);
    long owner = Content.owner(node.content);
    if (owner == 0) {
      return;
    }
    if (EphemeralOwner.isContainer(owner)) {
      containers.remove(node);
    } else if (EphemeralOwner.isTtl(owner, extendedTypes)) {
      ttls.remove(node);
    } else {
      ZnodeSet set = ephemerals.get(owner);
      if (set != null) {
        set.remove(node);
        ephemeralCount--;
        if (set.isEmpty()) {
          ephemerals.remove(owner);
        }
      }
    }
  }

  private void countRoot() {
    dataSize += Math.max(0, Content.dataLength(root.content));
    digest += digestOf(Paths.ROOT, root);
  }

  // --- snapshots

  /** Must precede every change of a znode, and its removal. */
  private void beforeChange(Znode node) {
    SnapshotImage image = snapshot;
    if (image != null && node.mark() != mark) {
      image.saveBeforeChange(node);
    }
  }

  SnapshotImage beginSnapshot(long zxid, Map<Long, Integer> sessions) {
    if (snapshot != null) {
      throw new IllegalStateException("a snapshot is being taken, zxid=" + snapshot.zxid());
    }
    if (unfinishedSnapshots >= Znode.MAX_MARK - 1) {
      // Marks would come round to ones that snapshots given up long ago have left behind.
      remarkAll();
      unfinishedSnapshots = 0;
    }
    mark = mark == Znode.MAX_MARK ? 0 : mark + 1;
    SnapshotImage image = new SnapshotImage(this, mark, zxid, digest, sessions, acls.inUse());
    snapshot = image;
    return image;
  }

  void endSnapshot(SnapshotImage image, boolean complete) {
    if (snapshot == image) {
      snapshot = null;
      unfinishedSnapshots = complete ? 0 : unfinishedSnapshots + 1;
    }
  }

  private void remarkAll() {
    ArrayDeque<Znode> todo = new ArrayDeque<>();
    todo.add(root);
    for (Znode node = todo.poll(); node != null; node = todo.poll()) {
      node.mark(mark);
      Branch branch = node.branch;
      if (branch != null) {
        todo.addAll(Arrays.asList(branch.children()));
      }
    }
  }

  // --- loading: before anybody else sees the tree

  void loadRoot(StoredStat stat, List<Acl> acl, byte[] data, int dataAt, int dataLength) {
    Branch children = root.ensureBranch();
    if (children.count > 0) {
      throw new IllegalStateException("the root must be loaded first");
    }
    root = newRoot(stat, acls.acquire(acl), data, dataAt, dataLength);
    countRoot();
  }

  /** Adds what a snapshot has about a znode; false when it is there already. */
  boolean load(
      Znode parent, int pathChars, int hash, byte[] content, List<Acl> acl, StoredStat stat) {
    Znode node =
        new Znode(parent, hash, stat.czxid(), stat.ctimeMs(), content, acls.acquire(acl), mark);
    if (parent.ensureBranch().hasTwin(node)) {
      return false;
    }
    if (stat.cversion() != 0 || stat.pzxid() != stat.czxid()) {
      Branch branch = node.ensureBranch();
      branch.creates = stat.cversion();
      branch.pzxid = stat.pzxid();
    }
    link(node);
    register(node, pathChars);
    digest += loadedDigest(node);
    return true;
  }

  private long loadedDigest(Znode node) {
    return digestEnabled ? digester.of(node) : 0;
  }

  /** Adds the configuration's znode where a snapshot is too old to have it, as Apache does. */
  void completeBorn() {
    if (find(Paths.ZOOKEEPER) == null) {
      addBorn(Paths.ZOOKEEPER, AclTable.OPEN);
    }
    if (find(Paths.QUOTA) == null) {
      addBorn(Paths.QUOTA, AclTable.OPEN);
    }
    if (find(Paths.CONFIG) == null) {
      addConfig();
    }
  }
}
