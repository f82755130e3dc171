package conclave.simulator;

import conclave.protocol.EphemeralOwner;
import conclave.protocol.EventType;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Txn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The tree as plainly as it can be written, with its whole past: what every znode was at every
 * transaction. The oracle for what members answer.
 */
final class TreeModel {

  /**
   * A znode between two changes.
   *
   * @param data a hash of the data, and its length
   * @param names the sum of the hashes of its children's names
   */
  record Node(
      long czxid,
      long mzxid,
      long pzxid,
      int version,
      int creates,
      int aversion,
      long owner,
      int dataLength,
      int data,
      int children,
      int names) {

    private Node withChild(int newCreates, String name, long zxid) {
      return new Node(
          czxid,
          mzxid,
          zxid,
          version,
          newCreates,
          aversion,
          owner,
          dataLength,
          data,
          children + 1,
          names + name.hashCode());
    }

    private Node withoutChild(String name, long zxid) {
      return new Node(
          czxid,
          mzxid,
          zxid,
          version,
          creates,
          aversion,
          owner,
          dataLength,
          data,
          children - 1,
          names - name.hashCode());
    }

    private Node withData(byte @Nullable [] newData, int newVersion, long zxid) {
      return new Node(
          czxid,
          zxid,
          pzxid,
          newVersion,
          creates,
          aversion,
          owner,
          length(newData),
          Arrays.hashCode(newData),
          children,
          names);
    }

    private Node withAcl(int newVersion) {
      return new Node(
          czxid,
          mzxid,
          pzxid,
          version,
          creates,
          newVersion,
          owner,
          dataLength,
          data,
          children,
          names);
    }

    /** What a Stat shows: only sessions own anything there. */
    long shownOwner() {
      return EphemeralOwner.isSession(owner, true) ? owner : 0;
    }

    /** What a Stat shows: creates and deletes. */
    int cversion() {
      return 2 * creates - children;
    }
  }

  /** Everything that a path has been. */
  private static final class Past {
    final List<@Nullable Node> nodes = new ArrayList<>();
    final ZxidTable since = new ZxidTable();
    final LongList dataChanges = new LongList();
    final LongList childChanges = new LongList();

    @Nullable Node now() {
      return nodes.isEmpty() ? null : nodes.get(nodes.size() - 1);
    }

    void set(long zxid, @Nullable Node node) {
      if (since.last() == zxid && !since.isEmpty()) {
        nodes.set(nodes.size() - 1, node);
      } else {
        since.add(zxid, 0);
        nodes.add(node);
      }
    }

    @Nullable Node at(long zxid) {
      int index = since.indexBehind(zxid) - 1;
      return index < 0 ? null : nodes.get(index);
    }
  }

  /** Something that watches that stay tell of. */
  record Change(long zxid, EventType type, String path) {}

  /** All of them, in the order of their transactions. */
  private final List<Change> changes = new ArrayList<>();

  private final Map<String, Past> pasts = new HashMap<>();
  private final Map<Long, Integer> sessions = new LinkedHashMap<>();
  private final Map<Long, Set<String>> ephemerals = new HashMap<>();

  TreeModel() {
    past("/").set(-1, new Node(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  }

  private Past past(String path) {
    return pasts.computeIfAbsent(path, p -> new Past());
  }

  // --- questions

  /** The znode at a path after that transaction; null when there was none. */
  @Nullable Node at(String path, long zxid) {
    Past past = pasts.get(path);
    return past == null ? null : past.at(zxid);
  }

  @Nullable Node now(String path) {
    Past past = pasts.get(path);
    return past == null ? null : past.now();
  }

  /** The first transaction behind that one by which a watch on the znode itself fires. */
  long dataChangeAfter(String path, long zxid) {
    Past past = pasts.get(path);
    return past == null ? Long.MAX_VALUE : past.dataChanges.firstAfter(zxid);
  }

  /** The first transaction behind that one by which a watch on the children fires. */
  long childChangeAfter(String path, long zxid) {
    Past past = pasts.get(path);
    return past == null ? Long.MAX_VALUE : past.childChanges.firstAfter(zxid);
  }

  /** How many changes there have been. */
  int changeCount() {
    return changes.size();
  }

  Change change(int index) {
    return changes.get(index);
  }

  /** The sessions that there are, with their timeouts. */
  Map<Long, Integer> sessions() {
    return sessions;
  }

  /** The paths of all znodes that there are. */
  Set<String> paths() {
    Set<String> paths = new TreeSet<>();
    pasts.forEach(
        (path, past) -> {
          if (past.now() != null) {
            paths.add(path);
          }
        });
    return paths;
  }

  // --- changes

  /** The next transaction. */
  void apply(LoggedTxn logged) {
    long client = logged.header().clientId();
    long zxid = logged.zxid();
    Txn txn = logged.txn();
    if (txn instanceof Txn.CreateSession create) {
      sessions.put(client, create.timeoutMs());
    } else if (txn instanceof Txn.CloseSession) {
      close(client, zxid);
    } else if (txn instanceof Txn.Multi multi) {
      if (multi.txns().stream().noneMatch(Txn.Error.class::isInstance)) {
        multi.txns().forEach(one -> change(one, client, zxid));
      }
    } else {
      change(txn, client, zxid);
    }
  }

  private void change(Txn txn, long client, long zxid) {
    if (txn instanceof Txn.CreateNode create) {
      create(create, client, zxid);
    } else if (txn instanceof Txn.Delete delete) {
      delete(delete.path(), zxid);
    } else if (txn instanceof Txn.SetData set) {
      Past past = past(set.path());
      past.set(zxid, there(set.path()).withData(set.data(), set.version(), zxid));
      past.dataChanges.add(zxid);
      changes.add(new Change(zxid, EventType.NODE_DATA_CHANGED, set.path()));
    } else if (txn instanceof Txn.SetAcl set) {
      past(set.path()).set(zxid, there(set.path()).withAcl(set.version()));
    }
  }

  private void create(Txn.CreateNode create, long client, long zxid) {
    String path = create.path();
    long owner = 0;
    if (create instanceof Txn.CreateTtl ttl) {
      owner = EphemeralOwner.ofTtl(ttl.ttlMs());
    } else if (create instanceof Txn.CreateContainer) {
      owner = EphemeralOwner.CONTAINER;
    } else if (((Txn.Create) create).ephemeral()) {
      owner = client;
      ephemerals.computeIfAbsent(client, c -> new TreeSet<>()).add(path);
    }
    if (now(path) != null) {
      throw new Violation("a create makes what is not there", path + " zxid=" + hex(zxid));
    }
    Node node =
        new Node(
            zxid,
            zxid,
            zxid,
            0,
            0,
            0,
            owner,
            length(create.data()),
            Arrays.hashCode(create.data()),
            0,
            0);
    Past past = past(path);
    past.set(zxid, node);
    past.dataChanges.add(zxid);
    String parent = parent(path);
    past(parent).set(zxid, there(parent).withChild(create.parentCVersion(), name(path), zxid));
    past(parent).childChanges.add(zxid);
    changes.add(new Change(zxid, EventType.NODE_CREATED, path));
    changes.add(new Change(zxid, EventType.NODE_CHILDREN_CHANGED, parent));
  }

  private void delete(String path, long zxid) {
    Node node = there(path);
    Set<String> owned = ephemerals.get(node.owner());
    if (owned != null) {
      owned.remove(path);
    }
    Past past = past(path);
    past.set(zxid, null);
    past.dataChanges.add(zxid);
    past.childChanges.add(zxid);
    String parent = parent(path);
    past(parent).set(zxid, there(parent).withoutChild(name(path), zxid));
    past(parent).childChanges.add(zxid);
    changes.add(new Change(zxid, EventType.NODE_DELETED, path));
    changes.add(new Change(zxid, EventType.NODE_CHILDREN_CHANGED, parent));
  }

  private void close(long client, long zxid) {
    sessions.remove(client);
    Set<String> owned = ephemerals.remove(client);
    if (owned != null) {
      owned.forEach(path -> delete(path, zxid));
    }
  }

  private Node there(String path) {
    Node node = now(path);
    if (node == null) {
      throw new Violation("a transaction changes what is there", path);
    }
    return node;
  }

  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash == 0 ? "/" : path.substring(0, slash);
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static int length(byte @Nullable [] data) {
    return data == null ? 0 : data.length;
  }

  static String hex(long zxid) {
    return "0x" + Long.toHexString(zxid);
  }
}
