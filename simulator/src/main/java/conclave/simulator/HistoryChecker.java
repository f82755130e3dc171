package conclave.simulator;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds what clients are told against what was promised to them.
 *
 * <p>Every write has its place in the order of all, which the committed log knows. So linearizable
 * means here: who began after somebody else was answered has a later place; a read behind a sync
 * has seen all that was answered before the sync began; and every read shows the tree as it was
 * after the transaction that its reply names.
 */
final class HistoryChecker {

  /** A request on its way. */
  static final class Call {
    final Request request;
    final int xid;

    /** The newest write that anybody was told of before this was asked. */
    private final long floorZxid;

    /** The newest transaction that was decided before this was asked. */
    private final long decidedZxid;

    Call(Request request, int xid, long floorZxid, long decidedZxid) {
      this.request = request;
      this.xid = xid;
      this.floorZxid = floorZxid;
      this.decidedZxid = decidedZxid;
    }
  }

  /** What a watch was set for. */
  private enum Kind {
    DATA,
    ABSENCE,
    CHILDREN
  }

  /** A watch that a client may count on. */
  private record Watch(String path, Kind kind) {}

  /** One client's session, over all its connections. */
  final class Session {
    private final Map<Watch, Long> watches = new HashMap<>();
    private long id;
    private long seenZxid;
    private long syncedZxid;

    /** Watches that the connection doesn't know of yet. */
    private boolean restoring;

    long id() {
      return id;
    }

    /** The newest zxid that the client has seen. */
    long seenZxid() {
      return seenZxid;
    }

    void begun(long newId) {
      id = newId;
    }

    /** The connection is another one. */
    void reconnected() {
      restoring = !watches.isEmpty();
    }

    /** The request that restores the watches; null when there are none. */
    Request.@Nullable SetWatches restore() {
      if (watches.isEmpty()) {
        return null;
      }
      return new Request.SetWatches(
          OpCode.SET_WATCHES,
          seenZxid,
          of(Kind.DATA),
          of(Kind.ABSENCE),
          of(Kind.CHILDREN),
          List.of(),
          List.of());
    }

    private List<String> of(Kind kind) {
      List<String> paths = new ArrayList<>();
      for (Watch watch : watches.keySet()) {
        if (watch.kind() == kind) {
          paths.add(watch.path());
        }
      }
      paths.sort(null);
      return paths;
    }

    Call calls(Request request, int xid) {
      return new Call(request, xid, floorZxid, log.last());
    }

    /** An answer has come. */
    void answered(Call call, long zxid, ErrorCode error, Reply reply) {
      if (!isAboutTheTree(error)) {
        return;
      }
      seen(zxid, call);
      Request request = call.request;
      if (request instanceof Request.SetWatches) {
        restored(zxid);
      } else if (request instanceof Request.Sync) {
        checkFloor("a sync has seen all that was answered before it", call.floorZxid, zxid, call);
        syncedZxid = Math.max(syncedZxid, call.floorZxid);
      } else if (isRead(request)) {
        checkFloor("a read behind a sync sees what the sync saw", syncedZxid, zxid, call);
        checkRead(call, zxid, error, reply);
        arm(request, zxid, error);
      } else {
        checkWrite(call, zxid, error, reply);
      }
      checkEvents(zxid);
    }

    private void seen(long zxid, Call call) {
      if (zxid < seenZxid) {
        fail("a session never goes back in time", "seen=" + hex(seenZxid) + tell(call, zxid));
      }
      if (zxid > log.last()) {
        fail("nobody sees what is not decided", "decided=" + hex(log.last()) + tell(call, zxid));
      }
      seenZxid = zxid;
    }

    private void checkFloor(String promise, long floor, long zxid, Call call) {
      if (zxid < floor) {
        fail(promise, "floor=" + hex(floor) + tell(call, zxid));
      }
    }

    private void checkWrite(Call call, long zxid, ErrorCode error, Reply reply) {
      if (!log.isOf(zxid, id, call.xid)) {
        fail("a write that is acknowledged is decided", "error=" + error + tell(call, zxid));
      }
      boolean multi = call.request instanceof Request.Multi;
      if (!multi && log.isRefused(zxid) != (error != ErrorCode.OK)) {
        fail("a write is answered with what became of it", "error=" + error + tell(call, zxid));
      }
      if (zxid <= call.floorZxid || zxid <= call.decidedZxid) {
        fail(
            "a write takes effect between its request and its answer",
            "floor="
                + hex(call.floorZxid)
                + " decided="
                + hex(call.decidedZxid)
                + tell(call, zxid));
      }
      floorZxid = Math.max(floorZxid, zxid);
      if (error == ErrorCode.OK) {
        checkCreated(call, zxid, reply);
      }
    }

    private void checkCreated(Call call, long zxid, Reply reply) {
      if (call.request instanceof Request.Create && reply instanceof Reply.OfPath made) {
        TreeModel.Node node = log.model().at(made.path(), zxid);
        if (node == null || node.czxid() != zxid) {
          fail("a create is answered with what it made", made.path() + tell(call, zxid));
        }
        if (!made.path().equals(((Request.Create) call.request).path())
            && !sequential.add(made.path() + " " + parentOf(made.path(), zxid))) {
          fail("a sequence number is given out once", made.path() + tell(call, zxid));
        }
      } else if (call.request instanceof Request.SetData set
          && reply instanceof Reply.OfStat made) {
        TreeModel.Node node = log.model().at(set.path(), zxid);
        if (node == null || !shows(made.stat(), node)) {
          fail("a set is answered with what it made", made + " model=" + node + tell(call, zxid));
        }
      }
    }

    /** Which of the parents of that name, where there were several one after another. */
    private long parentOf(String path, long zxid) {
      TreeModel.Node parent = log.model().at(TreeModel.parent(path), zxid);
      return parent == null ? -1 : parent.czxid();
    }

    private void checkRead(Call call, long zxid, ErrorCode error, Reply reply) {
      if (!(call.request instanceof Request.OfPath of) || error == ErrorCode.NO_AUTH) {
        return;
      }
      TreeModel.Node node = log.model().at(of.path(), zxid);
      boolean equal = error == ErrorCode.OK ? node != null && shows(reply, node) : node == null;
      if (!equal) {
        fail(
            "a read shows the tree at the zxid that it names",
            "error=" + error + " reply=" + reply + " model=" + node + tell(call, zxid));
      }
    }

    private void arm(Request request, long zxid, ErrorCode error) {
      if (request instanceof Request.GetData get && get.watch() && error == ErrorCode.OK) {
        arm(new Watch(get.path(), Kind.DATA), zxid);
      } else if (request instanceof Request.Exists exists && exists.watch()) {
        if (error == ErrorCode.OK) {
          arm(new Watch(exists.path(), Kind.DATA), zxid);
        } else if (error == ErrorCode.NO_NODE) {
          arm(new Watch(exists.path(), Kind.ABSENCE), zxid);
        }
      } else if (request instanceof Request.GetChildren get
          && get.watch()
          && error == ErrorCode.OK) {
        arm(new Watch(get.path(), Kind.CHILDREN), zxid);
      }
    }

    private void arm(Watch watch, long zxid) {
      watches.putIfAbsent(watch, zxid);
    }

    /** The connection knows all watches again; those that have not fired have nothing to tell. */
    private void restored(long zxid) {
      restoring = false;
      for (Map.Entry<Watch, Long> entry : watches.entrySet()) {
        Watch watch = entry.getKey();
        TreeModel.Node node = log.model().at(watch.path(), zxid);
        long since = entry.getValue();
        boolean quiet =
            switch (watch.kind()) {
              case DATA -> node != null && node.mzxid() <= Math.max(since, restoredFrom);
              case ABSENCE -> node == null;
              case CHILDREN -> node != null && node.pzxid() <= Math.max(since, restoredFrom);
            };
        if (!quiet) {
          fail(
              "a watch that was set again tells what happened meanwhile",
              watch + " since=" + hex(since) + " at=" + hex(zxid) + " model=" + node);
        }
        entry.setValue(zxid);
      }
    }

    private long restoredFrom;

    /** The request to restore the watches has been made. */
    void restores() {
      restoredFrom = seenZxid;
    }

    /** An event has come; {@code deleted} and the like say what it tells. */
    void event(conclave.protocol.EventType type, String path) {
      boolean expected =
          switch (type) {
            case NODE_CREATED, NODE_DATA_CHANGED -> disarmData(path);
            case NODE_DELETED -> disarmData(path) | watches.remove(of(path)) != null;
            case NODE_CHILDREN_CHANGED -> watches.remove(of(path)) != null;
            default -> true;
          };
      // Who restores a data and a child watch on a znode that is gone is told so for each of them,
      // by
      // Apache too.
      boolean repeated = restoring && type == conclave.protocol.EventType.NODE_DELETED;
      if (!expected && !repeated) {
        fail("an event comes once for a watch", type + " " + path + " session=" + hex(id));
      }
    }

    private Watch of(String path) {
      return new Watch(path, Kind.CHILDREN);
    }

    private boolean disarmData(String path) {
      return watches.remove(new Watch(path, Kind.DATA)) != null
          | watches.remove(new Watch(path, Kind.ABSENCE)) != null;
    }

    /** Whoever is shown the tree at that zxid has had the events up to there. */
    private void checkEvents(long zxid) {
      if (restoring) {
        return;
      }
      for (Map.Entry<Watch, Long> entry : watches.entrySet()) {
        Watch watch = entry.getKey();
        long fired =
            watch.kind() == Kind.CHILDREN
                ? log.model().childChangeAfter(watch.path(), entry.getValue())
                : log.model().dataChangeAfter(watch.path(), entry.getValue());
        if (fired <= zxid) {
          fail(
              "an event comes before the data that it announces",
              watch
                  + " set="
                  + hex(entry.getValue())
                  + " changed="
                  + hex(fired)
                  + " shown="
                  + hex(zxid)
                  + " session="
                  + hex(id));
        }
      }
    }

    private String tell(Call call, long zxid) {
      return " session="
          + hex(id)
          + " xid="
          + call.xid
          + " zxid="
          + hex(zxid)
          + " "
          + call.request.op();
    }
  }

  private final CommittedLog log;
  private final Set<String> sequential = new HashSet<>();
  private long floorZxid;

  HistoryChecker(CommittedLog log) {
    this.log = log;
  }

  Session session() {
    return new Session();
  }

  /** The newest write that anybody was told of. */
  long floorZxid() {
    return floorZxid;
  }

  /** Whether an answer says something about the tree, rather than about the connection. */
  private static boolean isAboutTheTree(ErrorCode error) {
    return switch (error) {
      case SESSION_MOVED, SESSION_EXPIRED, CONNECTION_LOSS, NOT_READ_ONLY -> false;
      default -> true;
    };
  }

  static boolean isRead(Request request) {
    return request instanceof Request.Exists
        || request instanceof Request.GetData
        || request instanceof Request.GetChildren;
  }

  private static boolean shows(Reply reply, TreeModel.Node node) {
    if (reply instanceof Reply.OfStat of) {
      return shows(of.stat(), node);
    }
    if (reply instanceof Reply.OfData of) {
      return shows(of.stat(), node) && java.util.Arrays.hashCode(of.data()) == node.data();
    }
    if (reply instanceof Reply.OfNamesAndStat of) {
      return shows(of.stat(), node) && names(of.names()) == node.names();
    }
    return reply instanceof Reply.OfNames of
        && of.names().size() == node.children()
        && names(of.names()) == node.names();
  }

  static int names(List<String> names) {
    int sum = 0;
    for (String name : names) {
      sum += name.hashCode();
    }
    return sum;
  }

  static boolean shows(Stat stat, TreeModel.Node node) {
    return stat.czxid() == node.czxid()
        && stat.mzxid() == node.mzxid()
        && stat.pzxid() == node.pzxid()
        && stat.version() == node.version()
        && stat.cversion() == node.cversion()
        && stat.aversion() == node.aversion()
        && stat.ephemeralOwner() == node.shownOwner()
        && stat.dataLength() == node.dataLength()
        && stat.numChildren() == node.children();
  }

  private static void fail(String promise, String what) {
    throw new Violation(promise, what);
  }

  private static String hex(long zxid) {
    return TreeModel.hex(zxid);
  }
}
