package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Reply;
import conclave.protocol.Reply.OpResult;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The dumb twin of the state machine: a map of paths, each request carried out at once, nothing
 * shared, nothing fast. What it says is right.
 */
final class Model {
  static final class Node implements Cloneable {
    byte[] data;
    List<Acl> acl = Acl.OPEN;
    long owner;
    long czxid;
    long mzxid;
    long pzxid;
    long ctimeMs;
    long mtimeMs;
    int version;
    int creates;
    int aversion;

    Node copy() {
      try {
        return (Node) clone();
      } catch (CloneNotSupportedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    final ErrorCode error;

    Refused(ErrorCode error) {
      super(error.name(), null, false, false);
      this.error = error;
    }
  }

  final TreeMap<String, Node> nodes = new TreeMap<>();
  final Map<Long, Integer> sessions = new TreeMap<>();
  private final boolean extended;

  Model(boolean extended) {
    this.extended = extended;
    for (String path : List.of("/", Paths.ZOOKEEPER, Paths.QUOTA, Paths.CONFIG)) {
      Node node = new Node();
      node.data = new byte[0];
      nodes.put(path, node);
    }
    nodes.get(Paths.CONFIG).acl = Acl.READ_ONLY;
    nodes.get(Paths.CONFIG).aversion = -1;
  }

  Outcome run(Request request, Caller caller, long zxid, long timeMs) {
    try {
      return new Outcome(ErrorCode.OK, reply(request, caller, zxid, timeMs));
    } catch (Refused refused) {
      return new Outcome(refused.error, Reply.NOTHING);
    }
  }

  private Reply reply(Request request, Caller caller, long zxid, long timeMs) {
    if (request instanceof Request.Multi multi) {
      return multi(multi, caller, zxid, timeMs);
    }
    if (request instanceof Request.CreateSession create) {
      sessions.put(caller.sessionId(), create.timeoutMs());
      return Reply.NOTHING;
    }
    if (request instanceof Request.CloseSession) {
      for (String path : List.copyOf(nodes.keySet())) {
        if (nodes.get(path).owner == caller.sessionId()) {
          remove(path, zxid);
        }
      }
      sessions.remove(caller.sessionId());
      return Reply.NOTHING;
    }
    if (request instanceof Request.SetAcl set) {
      session(caller);
      check(Paths.isValid(set.path()), ErrorCode.BAD_ARGUMENTS);
      check(!set.acl().isEmpty(), ErrorCode.INVALID_ACL);
      Node node = node(set.path());
      permit(node, Acl.ADMIN, caller);
      node.aversion = next(node.aversion, set.version());
      node.acl = List.copyOf(new LinkedHashSet<>(set.acl()));
      return new Reply.OfStat(stat(set.path()));
    }
    check(!(request instanceof Request.Check), ErrorCode.UNIMPLEMENTED);
    return one(request, caller, zxid, timeMs);
  }

  private Reply multi(Request.Multi multi, Caller caller, long zxid, long timeMs) {
    TreeMap<String, Node> before = new TreeMap<>();
    nodes.forEach((path, node) -> before.put(path, node.copy()));
    List<OpResult> results = new ArrayList<>();
    for (Request op : multi.ops()) {
      try {
        Reply reply = one(op, caller, zxid, timeMs);
        OpCode code = reply instanceof Reply.OfPathAndStat ? OpCode.CREATE2 : op.op();
        results.add(new OpResult(code, ErrorCode.OK, reply));
      } catch (Refused refused) {
        nodes.clear();
        nodes.putAll(before);
        int failed = results.size();
        results.replaceAll(result -> OpResult.refused(ErrorCode.OK));
        results.add(OpResult.refused(refused.error));
        for (int i = failed + 1; i < multi.ops().size(); i++) {
          results.add(OpResult.refused(ErrorCode.RUNTIME_INCONSISTENCY));
        }
        break;
      }
    }
    return new Reply.OfMulti(results);
  }

  private Reply one(Request request, Caller caller, long zxid, long timeMs) {
    if (request instanceof Request.Create create) {
      return create(create, caller, zxid, timeMs);
    }
    session(caller);
    if (request instanceof Request.Delete delete) {
      String path = delete.path();
      check(
          path.contains("/")
              && !path.contains("\0")
              && !Set.of("/", Paths.ZOOKEEPER, Paths.QUOTA, Paths.CONFIG).contains(path),
          ErrorCode.BAD_ARGUMENTS);
      permit(node(Paths.parent(path)), Acl.DELETE, caller);
      next(node(path).version, delete.version());
      check(children(path).isEmpty(), ErrorCode.NOT_EMPTY);
      remove(path, zxid);
      return Reply.NOTHING;
    }
    if (request instanceof Request.SetData set) {
      check(Paths.isValid(set.path()), ErrorCode.BAD_ARGUMENTS);
      Node node = node(set.path());
      permit(node, Acl.WRITE, caller);
      node.version = next(node.version, set.version());
      node.data = set.data();
      node.mzxid = zxid;
      node.mtimeMs = timeMs;
      return new Reply.OfStat(stat(set.path()));
    }
    if (request instanceof Request.Check check) {
      check(Paths.isValid(check.path()), ErrorCode.BAD_ARGUMENTS);
      permit(node(check.path()), Acl.READ, caller);
      next(node(check.path()).version, check.version());
      return Reply.NOTHING;
    }
    throw new Refused(ErrorCode.UNIMPLEMENTED);
  }

  private Reply create(Request.Create request, Caller caller, long zxid, long timeMs) {
    CreateMode mode = CreateMode.of(request.flags());
    check(mode != null, ErrorCode.BAD_ARGUMENTS);
    check(!mode.isTtl() || extended, ErrorCode.UNIMPLEMENTED);
    boolean byTtlOp = request.op() == OpCode.CREATE_TTL;
    check(mode.isTtl() == byTtlOp, ErrorCode.BAD_ARGUMENTS);
    check(
        !byTtlOp || request.ttlMs() > 0 && request.ttlMs() <= EphemeralOwner.MAX_TTL_MS,
        ErrorCode.BAD_ARGUMENTS);
    session(caller);
    check(request.path().contains("/") && !request.path().contains("\0"), ErrorCode.BAD_ARGUMENTS);
    check(!request.acl().isEmpty(), ErrorCode.INVALID_ACL);
    String parentPath = Paths.parent(request.path());
    Node parent = node(parentPath);
    permit(parent, Acl.CREATE, caller);
    String path =
        mode.isSequential()
            ? request.path() + String.format("%010d", parent.creates)
            : request.path();
    check(Paths.isValid(path), ErrorCode.BAD_ARGUMENTS);
    check(!nodes.containsKey(path), ErrorCode.NODE_EXISTS);
    check(!EphemeralOwner.isSession(parent.owner, extended), ErrorCode.NO_CHILDREN_FOR_EPHEMERALS);
    Node node = new Node();
    node.data = request.data();
    node.acl = List.copyOf(new LinkedHashSet<>(request.acl()));
    node.owner =
        request.op() == OpCode.CREATE_CONTAINER
            ? EphemeralOwner.CONTAINER
            : byTtlOp
                ? EphemeralOwner.ofTtl(request.ttlMs())
                : mode.isEphemeral() ? caller.sessionId() : 0;
    node.czxid = zxid;
    node.mzxid = zxid;
    node.pzxid = zxid;
    node.ctimeMs = timeMs;
    node.mtimeMs = timeMs;
    nodes.put(path, node);
    parent.creates++;
    parent.pzxid = zxid;
    return request.op() == OpCode.CREATE
        ? new Reply.OfPath(path)
        : new Reply.OfPathAndStat(path, stat(path));
  }

  private void remove(String path, long zxid) {
    nodes.remove(path);
    nodes.get(Paths.parent(path)).pzxid = zxid;
  }

  private Node node(String path) {
    Node node = nodes.get(path.isEmpty() ? "/" : path);
    check(node != null, ErrorCode.NO_NODE);
    return node;
  }

  private void session(Caller caller) {
    check(
        caller.sessionId() == 0 || sessions.containsKey(caller.sessionId()),
        ErrorCode.SESSION_EXPIRED);
  }

  private static void permit(Node node, int perm, Caller caller) {
    check(AclRules.permits(node.acl, perm, caller.ids()), ErrorCode.NO_AUTH);
  }

  private static int next(int version, int expected) {
    check(expected == -1 || expected == version, ErrorCode.BAD_VERSION);
    return version + 1 == -1 ? 0 : version + 1;
  }

  private static void check(boolean condition, ErrorCode error) {
    if (!condition) {
      throw new Refused(error);
    }
  }

  // --- what is there

  Set<String> children(String path) {
    Set<String> names = new HashSet<>();
    for (String other : nodes.keySet()) {
      if (!other.equals("/") && Paths.parent(other).equals(path)) {
        names.add(Paths.name(other));
      }
    }
    return names;
  }

  Stat stat(String path) {
    Node n = nodes.get(path);
    if (n == null) {
      return null;
    }
    int children = children(path).size();
    return new Stat(
        n.czxid,
        n.mzxid,
        n.ctimeMs,
        n.mtimeMs,
        n.version,
        2 * n.creates - children,
        n.aversion,
        EphemeralOwner.isSession(n.owner, extended) ? n.owner : 0,
        n.data == null ? 0 : n.data.length,
        children,
        n.pzxid);
  }

  /** Everything, as text to compare. */
  Map<String, String> image() {
    Map<String, String> image = new TreeMap<>();
    nodes.forEach(
        (path, n) ->
            image.put(
                path,
                Arrays.toString(n.data)
                    + n.acl
                    + new StoredStat(
                        n.czxid,
                        n.mzxid,
                        n.ctimeMs,
                        n.mtimeMs,
                        n.version,
                        n.creates,
                        n.aversion,
                        n.owner,
                        n.pzxid)));
    sessions.forEach((id, timeout) -> image.put("session " + id, timeout.toString()));
    return image;
  }
}
