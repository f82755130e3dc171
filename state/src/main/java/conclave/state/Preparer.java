package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.EphemeralOwner;
import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a request will change: against the tree with all that is in flight, and in the order
 * of checks that Apache's servers have, so that of several things wrong with a request the same one
 * is told.
 */
final class Preparer {
  private static final String NUL = "\0";

  private final StateConfig config;
  private final Overlay overlay;
  private final Sessions sessions;
  private final Quotas quotas;

  Preparer(StateConfig config, Overlay overlay, Sessions sessions, Quotas quotas) {
    this.config = config;
    this.overlay = overlay;
    this.sessions = sessions;
    this.quotas = quotas;
  }

  /** The transaction; {@link Txn.Error} for what is refused. */
  Txn decide(Request request, Caller caller, long zxid, long timeMs) {
    overlay.begin();
    if (request instanceof Request.Unreadable) {
      return refuse(ErrorCode.MARSHALLING_ERROR);
    }
    return switch (request.op()) {
      case MULTI -> multi((Request.Multi) request, caller, zxid, timeMs);
      case CREATE_SESSION -> createSession((Request.CreateSession) request, caller, zxid);
      case CLOSE_SESSION -> closeSession(caller, zxid);
      case DELETE_CONTAINER -> deleteContainer((Request.DeleteContainer) request, zxid);
      case SET_ACL -> setAcl((Request.SetAcl) request, caller, zxid);
      case RECONFIG -> reconfig(caller);
      // Clients may send a check only inside a multi.
      case CHECK -> refuse(ErrorCode.UNIMPLEMENTED);
      default -> operation(request, caller, zxid, timeMs);
    };
  }

  /** What may stand by itself or in a multi. */
  private Txn operation(Request request, Caller caller, long zxid, long timeMs) {
    return switch (request.op()) {
      case CREATE, CREATE2, CREATE_CONTAINER, CREATE_TTL ->
          create((Request.Create) request, caller, zxid, timeMs);
      case DELETE -> delete((Request.Delete) request, caller, zxid);
      case SET_DATA -> setData((Request.SetData) request, caller, zxid, timeMs);
      case CHECK -> check((Request.Check) request, caller);
      default -> refuse(ErrorCode.UNIMPLEMENTED);
    };
  }

  // --- create

  private Txn create(Request.Create request, Caller caller, long zxid, long timeMs) {
    CreateMode mode = CreateMode.of(request.flags());
    ErrorCode error = checkMode(mode, request, caller);
    if (mode == null || error != ErrorCode.OK) {
      return refuse(error);
    }
    String path = request.path();
    if (path.indexOf('/') < 0 || path.contains(NUL)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    List<Acl> acl = AclRules.fixup(request.acl(), caller.ids(), config.authSchemes());
    if (acl == null) {
      return refuse(ErrorCode.INVALID_ACL);
    }
    Pending parent = overlay.find(Paths.parent(path));
    if (parent == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!permits(parent, Acl.CREATE, caller)) {
      return refuse(ErrorCode.NO_AUTH);
    }
    if (mode.isSequential()) {
      path = path + sequence(parent.creates);
    }
    error = checkPlace(path, parent, request);
    if (error != ErrorCode.OK) {
      return refuse(error);
    }
    return create(request, mode, path, acl, parent, caller, zxid, timeMs);
  }

  private ErrorCode checkMode(@Nullable CreateMode mode, Request.Create request, Caller caller) {
    if (mode == null) {
      return ErrorCode.BAD_ARGUMENTS;
    }
    if (mode.isTtl() && !config.extendedTypesEnabled()) {
      return ErrorCode.UNIMPLEMENTED;
    }
    boolean isTtlOp = request.op() == OpCode.CREATE_TTL;
    if (mode.isTtl() != isTtlOp
        || isTtlOp && (request.ttlMs() <= 0 || request.ttlMs() > EphemeralOwner.MAX_TTL_MS)) {
      return ErrorCode.BAD_ARGUMENTS;
    }
    return mode.isEphemeral() && !isOpen(caller.sessionId())
        ? ErrorCode.SESSION_EXPIRED
        : checkSession(caller);
  }

  private ErrorCode checkPlace(String path, Pending parent, Request.Create request) {
    if (!Paths.isValid(path)) {
      return ErrorCode.BAD_ARGUMENTS;
    }
    if (overlay.find(path) != null) {
      return ErrorCode.NODE_EXISTS;
    }
    if (EphemeralOwner.isSession(parent.owner, config.extendedTypesEnabled())) {
      return ErrorCode.NO_CHILDREN_FOR_EPHEMERALS;
    }
    return exceedsQuota(path, length(request.data()), 1) ? ErrorCode.QUOTA_EXCEEDED : ErrorCode.OK;
  }

  private Txn create(
      Request.Create request,
      CreateMode mode,
      String path,
      List<Acl> acl,
      Pending parent,
      Caller caller,
      long zxid,
      long timeMs) {
    int creates = parent.creates + 1;
    Txn.CreateNode txn =
        switch (request.op()) {
          case CREATE_CONTAINER -> new Txn.CreateContainer(path, request.data(), acl, creates);
          case CREATE_TTL -> new Txn.CreateTtl(path, request.data(), acl, creates, request.ttlMs());
          // A container asked for by create2 is a plain znode, as it is in Apache.
          default ->
              new Txn.Create(request.op(), path, request.data(), acl, mode.isEphemeral(), creates);
        };
    Pending changed = overlay.change(parent);
    changed.creates = creates;
    changed.children++;
    changed.pzxid = zxid;
    overlay.put(changed, zxid);
    Pending node = new Pending(path);
    node.exists = true;
    node.acl = acl;
    node.owner = Applier.ownerOf(txn, caller.sessionId());
    node.czxid = zxid;
    node.mzxid = zxid;
    node.pzxid = zxid;
    node.ctimeMs = timeMs;
    node.mtimeMs = timeMs;
    node.setData(request.data());
    overlay.put(node, zxid);
    return txn;
  }

  /** Ten digits, or more characters once the counter has overflowed (ZOOKEEPER-4706). */
  static String sequence(int creates) {
    String digits = Long.toString(Math.abs((long) creates));
    int zeros = (creates < 0 ? 9 : 10) - digits.length();
    return (creates < 0 ? "-" : "") + "0".repeat(Math.max(0, zeros)) + digits;
  }

  // --- delete

  private Txn delete(Request.Delete request, Caller caller, long zxid) {
    ErrorCode error = checkSession(caller);
    if (error != ErrorCode.OK) {
      return refuse(error);
    }
    String path = request.path();
    if (!mayBeDeleted(path)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    Pending parent = overlay.find(Paths.parent(path));
    if (parent == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!permits(parent, Acl.DELETE, caller)) {
      return refuse(ErrorCode.NO_AUTH);
    }
    Pending node = overlay.find(path);
    if (node == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!matches(request.version(), node.version)) {
      return refuse(ErrorCode.BAD_VERSION);
    }
    if (node.children > 0) {
      return refuse(ErrorCode.NOT_EMPTY);
    }
    remove(parent, node, zxid);
    return new Txn.Delete(OpCode.DELETE, path);
  }

  private Txn deleteContainer(Request.DeleteContainer request, long zxid) {
    String path = request.path();
    if (!mayBeDeleted(path)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    Pending node = overlay.find(path);
    Pending parent = overlay.find(Paths.parent(path));
    if (node == null || parent == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (node.children > 0) {
      return refuse(ErrorCode.NOT_EMPTY);
    }
    // Apache lets a plain znode pass here that was made in a container's place meanwhile.
    if (!EphemeralOwner.isContainer(node.owner)
        && !EphemeralOwner.isTtl(node.owner, config.extendedTypesEnabled())) {
      return refuse(ErrorCode.BAD_VERSION);
    }
    remove(parent, node, zxid);
    return new Txn.Delete(OpCode.DELETE_CONTAINER, path);
  }

  private static boolean mayBeDeleted(String path) {
    return path.indexOf('/') >= 0
        && !path.contains(NUL)
        && !path.equals(Paths.ROOT)
        && !path.equals(Paths.ZOOKEEPER)
        && !path.equals(Paths.QUOTA)
        && !path.equals(Paths.CONFIG);
  }

  private void remove(Pending parent, Pending node, long zxid) {
    Pending changed = overlay.change(parent);
    changed.children--;
    changed.pzxid = zxid;
    overlay.put(changed, zxid);
    Pending gone = new Pending(node.path);
    gone.digest = node.digest;
    overlay.put(gone, zxid);
  }

  // --- change

  private Txn setData(Request.SetData request, Caller caller, long zxid, long timeMs) {
    ErrorCode error = checkSession(caller);
    if (error != ErrorCode.OK) {
      return refuse(error);
    }
    String path = request.path();
    if (!Paths.isValid(path)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    Pending node = overlay.find(path);
    if (node == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!permits(node, Acl.WRITE, caller)) {
      return refuse(ErrorCode.NO_AUTH);
    }
    if (exceedsQuota(path, (long) length(request.data()) - Math.max(0, node.dataLength), 0)) {
      return refuse(ErrorCode.QUOTA_EXCEEDED);
    }
    if (!matches(request.version(), node.version)) {
      return refuse(ErrorCode.BAD_VERSION);
    }
    Pending changed = overlay.change(node);
    changed.version = next(node.version);
    changed.mzxid = zxid;
    changed.mtimeMs = timeMs;
    changed.setData(request.data());
    overlay.put(changed, zxid);
    return new Txn.SetData(OpCode.SET_DATA, path, request.data(), changed.version);
  }

  private Txn setAcl(Request.SetAcl request, Caller caller, long zxid) {
    ErrorCode error = checkSession(caller);
    if (error != ErrorCode.OK) {
      return refuse(error);
    }
    String path = request.path();
    if (!Paths.isValid(path)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    List<Acl> acl = AclRules.fixup(request.acl(), caller.ids(), config.authSchemes());
    if (acl == null) {
      return refuse(ErrorCode.INVALID_ACL);
    }
    Pending node = overlay.find(path);
    if (node == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!permits(node, Acl.ADMIN, caller)) {
      return refuse(ErrorCode.NO_AUTH);
    }
    if (!matches(request.version(), node.aversion)) {
      return refuse(ErrorCode.BAD_VERSION);
    }
    Pending changed = overlay.change(node);
    changed.aversion = next(node.aversion);
    changed.acl = acl;
    overlay.put(changed, zxid);
    return new Txn.SetAcl(path, acl, changed.aversion);
  }

  private Txn check(Request.Check request, Caller caller) {
    ErrorCode error = checkSession(caller);
    if (error != ErrorCode.OK) {
      return refuse(error);
    }
    String path = request.path();
    if (!Paths.isValid(path)) {
      return refuse(ErrorCode.BAD_ARGUMENTS);
    }
    Pending node = overlay.find(path);
    if (node == null) {
      return refuse(ErrorCode.NO_NODE);
    }
    if (!permits(node, Acl.READ, caller)) {
      return refuse(ErrorCode.NO_AUTH);
    }
    if (!matches(request.version(), node.version)) {
      return refuse(ErrorCode.BAD_VERSION);
    }
    return new Txn.Check(path, next(node.version));
  }

  private static boolean matches(int expected, int version) {
    return expected == -1 || expected == version;
  }

  /**
   * Versions wrap, but &minus;1 is stepped over: a client that expects it says that any will do
   * (ZOOKEEPER-4743).
   */
  private static int next(int version) {
    return version == -2 ? 0 : version + 1;
  }

  // --- multi

  private Txn multi(Request.Multi request, Caller caller, long zxid, long timeMs) {
    for (Request op : request.ops()) {
      if (isRead(op)) {
        // Apache's record for both kinds of multi refuses to be read when they are mixed.
        return refuse(ErrorCode.MARSHALLING_ERROR);
      }
    }
    List<Txn> txns = new ArrayList<>(request.ops().size());
    for (Request op : request.ops()) {
      Txn txn = operation(op, caller, zxid, timeMs);
      if (txn instanceof Txn.Error error) {
        overlay.rollBack();
        return refusedMulti(request.ops().size(), txns.size(), error);
      }
      txns.add(txn);
    }
    return new Txn.Multi(txns);
  }

  private static boolean isRead(Request op) {
    return op.op() == OpCode.GET_DATA || op.op() == OpCode.GET_CHILDREN;
  }

  /** Those before the one that failed would have been fine; those after it weren't tried. */
  private static Txn refusedMulti(int ops, int failed, Txn.Error error) {
    List<Txn> errors = new ArrayList<>(ops);
    for (int i = 0; i < ops; i++) {
      errors.add(
          i < failed
              ? refuse(ErrorCode.OK)
              : i == failed ? error : refuse(ErrorCode.RUNTIME_INCONSISTENCY));
    }
    return new Txn.Multi(errors);
  }

  // --- sessions

  private Txn createSession(Request.CreateSession request, Caller caller, long zxid) {
    overlay.putSession(caller.sessionId(), true, zxid);
    return new Txn.CreateSession(request.timeoutMs());
  }

  private Txn closeSession(Caller caller, long zxid) {
    List<String> paths = new ArrayList<>(overlay.ephemeralsOf(caller.sessionId()));
    for (String path : paths) {
      Pending parent = overlay.find(Paths.parent(path));
      Pending node = overlay.find(path);
      if (parent != null && node != null) {
        remove(parent, node, zxid);
      }
    }
    overlay.putSession(caller.sessionId(), false, zxid);
    return new Txn.CloseSession(config.closeSessionPaths() ? paths : null);
  }

  private ErrorCode checkSession(Caller caller) {
    // As in Apache, one that is unknown here is taken for a local one of another member.
    return config.localSessionsEnabled() || isOpen(caller.sessionId())
        ? ErrorCode.OK
        : ErrorCode.SESSION_EXPIRED;
  }

  private boolean isOpen(long sessionId) {
    if (sessionId == 0) {
      return true;
    }
    Boolean pending = overlay.session(sessionId);
    return pending == null ? sessions.contains(sessionId) : pending;
  }

  // --- the rest

  private Txn reconfig(Caller caller) {
    if (!config.reconfigEnabled()) {
      return refuse(ErrorCode.RECONFIG_DISABLED);
    }
    ErrorCode error = checkSession(caller);
    return refuse(error != ErrorCode.OK ? error : ErrorCode.UNIMPLEMENTED);
  }

  private boolean permits(Pending node, int perm, Caller caller) {
    return config.skipAcl() || AclRules.permits(node.acl, perm, caller.ids(), config.authSchemes());
  }

  private boolean exceedsQuota(String path, long moreBytes, long moreCount) {
    return config.enforceQuota() && quotas.forbids(path, moreBytes, moreCount);
  }

  private static int length(byte @Nullable [] data) {
    return data == null ? 0 : data.length;
  }

  private static Txn.Error refuse(ErrorCode error) {
    return new Txn.Error(error);
  }
}
