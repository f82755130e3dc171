package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Reply;
import conclave.protocol.Reply.OpResult;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the changes that transactions say, in the tree, the sessions and the quotas, and fires the
 * watches.
 *
 * <p>A transaction was checked when it was prepared, so in the normal course none fails here. But a
 * snapshot that Apache took while transactions were being applied has effects of some that come
 * again in the log: what is there already, or gone already, is passed over as Apache's replay does.
 */
final class Applier {
  private final Tree tree;
  private final Sessions sessions;
  private final Quotas quotas;
  private final Stats stats;
  private WatchTable[] watches = {};

  Applier(Tree tree, Sessions sessions, Quotas quotas) {
    this.tree = tree;
    this.sessions = sessions;
    this.quotas = quotas;
    this.stats = new Stats(tree);
  }

  void watches(List<WatchTable> tables) {
    watches = tables.toArray(new WatchTable[0]);
  }

  Outcome apply(TxnHeader header, Txn txn, EventSink events) {
    return switch (txn.type()) {
      case MULTI -> multi(header, (Txn.Multi) txn, events);
      case CREATE_SESSION -> {
        sessions.put(header.clientId(), ((Txn.CreateSession) txn).timeoutMs());
        yield Outcome.DONE;
      }
      case CLOSE_SESSION -> closeSession(header, (Txn.CloseSession) txn, events);
      default -> one(header, txn, events);
    };
  }

  private Outcome one(TxnHeader header, Txn txn, EventSink events) {
    return switch (txn.type()) {
      case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL ->
          create(header, (Txn.CreateNode) txn, events);
      case DELETE, DELETE_CONTAINER -> delete(header, ((Txn.Delete) txn).path(), events);
      case SET_DATA, RECONFIG -> setData(header, (Txn.SetData) txn, events);
      case SET_ACL -> setAcl(header, (Txn.SetAcl) txn);
      case CHECK -> Outcome.DONE;
      case ERROR -> Outcome.refused(((Txn.Error) txn).error());
      default -> throw new IllegalArgumentException("not a transaction: " + txn);
    };
  }

  static long ownerOf(Txn.CreateNode txn, long clientId) {
    if (txn instanceof Txn.CreateTtl ttl) {
      return EphemeralOwner.ofTtl(ttl.ttlMs());
    }
    if (txn instanceof Txn.CreateContainer) {
      return EphemeralOwner.CONTAINER;
    }
    return ((Txn.Create) txn).ephemeral() ? clientId : 0;
  }

  private Outcome create(TxnHeader header, Txn.CreateNode txn, EventSink events) {
    String path = txn.path();
    String parentPath = Paths.parent(path);
    Znode parent = find(parentPath, header.zxid());
    if (parent == null) {
      return Outcome.refused(ErrorCode.NO_NODE);
    }
    countCreate(parentPath, parent, txn.parentCVersion(), header.zxid());
    Znode existing = tree.find(path);
    if (existing != null) {
      // The snapshot may have it with an ACL that its own map is too old to know.
      tree.setAclOnly(existing, txn.acl());
      return Outcome.refused(ErrorCode.NODE_EXISTS);
    }
    Znode node =
        tree.create(
            parent,
            path,
            txn.data(),
            txn.acl(),
            ownerOf(txn, header.clientId()),
            header.zxid(),
            header.timeMs());
    quotas.created(path, length(txn.data()));
    if (isWatched()) {
      fire(EventType.NODE_CREATED, path, header.zxid(), txn.acl(), events);
      fire(EventType.NODE_CHILDREN_CHANGED, parentPath, header.zxid(), tree.acl(parent), events);
    }
    return Outcome.of(
        txn.type() == OpCode.CREATE
            ? new Reply.OfPath(path)
            : new Reply.OfPathAndStat(path, stats.of(node)));
  }

  /**
   * The counter only grows: a snapshot may have a later state of the parent than this transaction.
   *
   * @param creates what the counter is after it, &minus;1 when the log is too old to tell
   */
  private void countCreate(String path, Znode parent, int creates, long zxid) {
    int old = parent.creates();
    int now = creates == -1 ? old + 1 : creates;
    if (isLater(now, old)) {
      tree.setChildrenChange(path, parent, now, zxid);
    }
  }

  /** Past the overflow the counter goes on from the smallest number, once. */
  private static boolean isLater(int now, int old) {
    return now > old || old == Integer.MAX_VALUE && now == Integer.MIN_VALUE;
  }

  private Outcome delete(TxnHeader header, String path, EventSink events) {
    String parentPath = Paths.parent(path);
    Znode parent = find(parentPath, header.zxid());
    if (parent == null) {
      return Outcome.refused(ErrorCode.NO_NODE);
    }
    if (header.zxid() > parent.pzxid()) {
      tree.setChildrenChange(parentPath, parent, parent.creates(), header.zxid());
    }
    Znode node = find(path, header.zxid());
    if (node == null) {
      return Outcome.refused(ErrorCode.NO_NODE);
    }
    if (node.parent == null || !clear(node, header.zxid())) {
      return Outcome.refused(ErrorCode.NOT_EMPTY);
    }
    List<Acl> acl = tree.acl(node);
    remove(path, node);
    if (isWatched()) {
      fire(EventType.NODE_DELETED, path, header.zxid(), acl, events);
      fire(EventType.NODE_CHILDREN_CHANGED, parentPath, header.zxid(), tree.acl(parent), events);
    }
    return Outcome.DONE;
  }

  /**
   * Takes away the children of a znode that is about to be deleted. It had none at that time, so
   * they are all younger, and the log will make them again.
   *
   * @return false when one of them is not
   */
  private boolean clear(Znode node, long zxid) {
    Branch branch = node.branch;
    if (branch == null || branch.count == 0) {
      return true;
    }
    ArrayDeque<Znode> todo = new ArrayDeque<>();
    ArrayDeque<Znode> found = new ArrayDeque<>();
    todo.add(node);
    for (Znode next = todo.poll(); next != null; next = todo.poll()) {
      Branch below = next.branch;
      if (below != null) {
        for (Znode child : below.children()) {
          if (child.czxid <= zxid) {
            return false;
          }
          todo.add(child);
          found.push(child);
        }
      }
    }
    // Children come before their parents here.
    for (Znode gone : found) {
      remove(gone.path(), gone);
    }
    return true;
  }

  private void remove(String path, Znode node) {
    int bytes = Math.max(0, Content.dataLength(node.content));
    tree.delete(path, node);
    quotas.deleted(path, bytes);
  }

  /** The znode at a path, if it is old enough for a transaction to know of it. */
  private @Nullable Znode find(String path, long zxid) {
    Znode node = tree.find(path);
    return node == null || node.czxid > zxid ? null : node;
  }

  private Outcome setData(TxnHeader header, Txn.SetData txn, EventSink events) {
    Znode node = find(txn.path(), header.zxid());
    if (node == null) {
      return Outcome.refused(ErrorCode.NO_NODE);
    }
    int bytes = Math.max(0, Content.dataLength(node.content));
    tree.setData(txn.path(), node, txn.data(), txn.version(), header.zxid(), header.timeMs());
    quotas.changed(txn.path(), length(txn.data()) - bytes);
    if (isWatched()) {
      fire(EventType.NODE_DATA_CHANGED, txn.path(), header.zxid(), tree.acl(node), events);
    }
    return Outcome.of(new Reply.OfStat(stats.of(node)));
  }

  private Outcome setAcl(TxnHeader header, Txn.SetAcl txn) {
    Znode node = find(txn.path(), header.zxid());
    if (node == null) {
      return Outcome.refused(ErrorCode.NO_NODE);
    }
    tree.setAcl(txn.path(), node, txn.acl(), txn.version());
    return Outcome.of(new Reply.OfStat(stats.of(node)));
  }

  private Outcome closeSession(TxnHeader header, Txn.CloseSession txn, EventSink events) {
    sessions.remove(header.clientId());
    Set<String> paths = new LinkedHashSet<>();
    List<String> named = txn.paths();
    if (named != null) {
      paths.addAll(named);
    }
    ZnodeSet owned = tree.ephemeralsOf(header.clientId());
    if (owned != null) {
      for (Znode node : owned.toArray()) {
        paths.add(node.path());
      }
    }
    for (String path : paths) {
      delete(header, path, events);
    }
    return Outcome.DONE;
  }

  // --- multi

  private Outcome multi(TxnHeader header, Txn.Multi txn, EventSink events) {
    List<OpResult> results = new ArrayList<>(txn.txns().size());
    if (isRefused(txn)) {
      boolean behind = false;
      for (Txn part : txn.txns()) {
        // Apache leaves what it had prepared before the error; none of it counts.
        ErrorCode error = behind ? ErrorCode.RUNTIME_INCONSISTENCY : ErrorCode.OK;
        if (part instanceof Txn.Error refusal) {
          error = refusal.error();
          behind |= error != ErrorCode.OK;
        }
        results.add(OpResult.refused(error));
      }
    } else {
      for (Txn part : txn.txns()) {
        Outcome outcome = one(header, part, events);
        results.add(
            outcome.error() == ErrorCode.OK
                ? new OpResult(replyOp(part.type()), ErrorCode.OK, outcome.reply())
                : OpResult.refused(outcome.error()));
      }
    }
    return Outcome.of(new Reply.OfMulti(results));
  }

  private static boolean isRefused(Txn.Multi txn) {
    for (Txn part : txn.txns()) {
      if (part instanceof Txn.Error) {
        return true;
      }
    }
    return false;
  }

  /** Whatever makes a znode and answers with a Stat answers as create2. */
  private static OpCode replyOp(OpCode type) {
    return type == OpCode.CREATE_CONTAINER || type == OpCode.CREATE_TTL ? OpCode.CREATE2 : type;
  }

  // --- watches

  private boolean isWatched() {
    for (WatchTable table : watches) {
      if (!table.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private void fire(EventType type, String path, long zxid, List<Acl> acl, EventSink events) {
    Change change = new Change(type, path, zxid, acl);
    for (WatchTable table : watches) {
      table.fire(change, events);
    }
  }

  private static int length(byte @Nullable [] data) {
    return data == null ? 0 : data.length;
  }
}
