package conclave.simulator;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.state.WatchEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

    /** Watches that stay, and when they were set: those on one znode, and those on all below. */
    private final Map<String, Long> persistent = new TreeMap<>();

    private final Map<String, Long> recursive = new TreeMap<>();

    /** What those have told and nobody has looked at yet. */
    private final List<TreeModel.Change> told = new ArrayList<>();

    /** How many of the tree's changes were compared with what was told. */
    private int compared;

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
      restoring = hasWatches();
    }

    /** The request that restores the watches; null when there are none. */
    Request.@Nullable SetWatches restore() {
      if (!hasWatches()) {
        return null;
      }
      return new Request.SetWatches(
          hasLasting() ? OpCode.SET_WATCHES2 : OpCode.SET_WATCHES,
          seenZxid,
          of(Kind.DATA),
          of(Kind.ABSENCE),
          of(Kind.CHILDREN),
          List.copyOf(persistent.keySet()),
          List.copyOf(recursive.keySet()));
    }

    private boolean hasLasting() {
      return !persistent.isEmpty() || !recursive.isEmpty();
    }

    private boolean hasWatches() {
      return !watches.isEmpty() || hasLasting();
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
      } else if (request instanceof Request.AddWatch add) {
        stay(add, zxid);
      } else if (isRead(request)) {
        checkFloor("a read behind a sync sees what the sync saw", syncedZxid, zxid, call);
        checkRead(call, zxid, error, reply);
        arm(request, zxid, error);
      } else {
        checkWrite(call, zxid, error, reply);
      }
      checkEvents(zxid);
      compareTold(zxid);
    }

    /** An answer of a member that has no leader, and may know what nobody will ever decide. */
    void answeredReadOnly(Call call, int server, long zxid, ErrorCode error, Reply reply) {
      if (isRead(call.request)) {
        if (knowledge.isDecided(server, zxid)) {
          checkRead(call, zxid, error, reply);
        }
      } else if (error != ErrorCode.NOT_READ_ONLY) {
        fail("nothing is written without a leader", "error=" + error + tell(call, zxid));
      }
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
      if (withLocalSessions && call.request instanceof Request.CloseSession) {
        // It may have been known to one member only, and then no log tells of its end.
        return;
      }
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
      persistent.replaceAll((path, since) -> zxid);
      recursive.replaceAll((path, since) -> zxid);
      told.clear();
      compared = changesUpTo(zxid);
    }

    private long restoredFrom;

    /** The request to restore the watches has been made. */
    void restores() {
      restoredFrom = seenZxid;
    }

    /** An event has come; {@code deleted} and the like say what it tells. */
    void event(EventType type, String path, long zxid) {
      if (zxid != WatchEvent.REPLAYED && !restoring && lastingSince(type, path) < zxid) {
        told.add(new TreeModel.Change(zxid, type, path));
        disarm(type, path);
        return;
      }
      boolean expected = disarm(type, path);
      // Who restores a data and a child watch on a znode that is gone is told so for each of them,
      // by
      // Apache too.
      boolean repeated = restoring && type == EventType.NODE_DELETED;
      if (!expected && !repeated) {
        fail("an event comes once for a watch", type + " " + path + " session=" + hex(id));
      }
    }

    private boolean disarm(EventType type, String path) {
      return switch (type) {
        case NODE_CREATED, NODE_DATA_CHANGED -> disarmData(path);
        case NODE_DELETED -> disarmData(path) | watches.remove(of(path)) != null;
        case NODE_CHILDREN_CHANGED -> watches.remove(of(path)) != null;
        default -> true;
      };
    }

    // --- watches that stay

    private void stay(Request.AddWatch add, long zxid) {
      if (!hasLasting()) {
        compared = changesUpTo(zxid);
      }
      boolean one = add.mode() == Request.AddWatch.PERSISTENT;
      (one ? persistent : recursive).putIfAbsent(add.path(), zxid);
    }

    private int changesUpTo(long zxid) {
      int count = log.model().changeCount();
      while (count > 0 && log.model().change(count - 1).zxid() > zxid) {
        count--;
      }
      return count;
    }

    /** Since when a watch that stays tells of that; {@code Long.MAX_VALUE} for never. */
    private long lastingSince(EventType type, String path) {
      long since = persistent.getOrDefault(path, Long.MAX_VALUE);
      if (type == EventType.NODE_CHILDREN_CHANGED) {
        return since;
      }
      for (Map.Entry<String, Long> entry : recursive.entrySet()) {
        String above = entry.getKey();
        if (path.equals(above) || path.startsWith(above + "/")) {
          since = Math.min(since, entry.getValue());
        }
      }
      return since;
    }

    /** Whoever is shown the tree at that zxid was told of all changes up to there, once of each. */
    private void compareTold(long zxid) {
      if (restoring || !hasLasting()) {
        return;
      }
      TreeModel model = log.model();
      for (; compared < model.changeCount(); compared++) {
        TreeModel.Change change = model.change(compared);
        if (change.zxid() > zxid) {
          break;
        }
        boolean watched = lastingSince(change.type(), change.path()) < change.zxid();
        if (watched && !told.remove(change)) {
          fail(
              "a watch that stays tells of every change before the data shows it",
              change + " shown=" + hex(zxid) + " session=" + hex(id));
        }
      }
      if (!told.isEmpty() && told.get(0).zxid() <= zxid) {
        fail(
            "a watch that stays tells of every change once",
            told.get(0) + " shown=" + hex(zxid) + " session=" + hex(id));
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

  /** What is known of members from outside. */
  interface Knowledge {
    /** Whether what that member has at that zxid is what was decided. */
    boolean isDecided(int server, long zxid);
  }

  private final CommittedLog log;
  private final Knowledge knowledge;
  private final boolean withLocalSessions;
  private final Set<String> sequential = new HashSet<>();
  private long floorZxid;

  HistoryChecker(CommittedLog log) {
    this(log, (server, zxid) -> true, false);
  }

  HistoryChecker(CommittedLog log, Knowledge knowledge, boolean withLocalSessions) {
    this.log = log;
    this.knowledge = knowledge;
    this.withLocalSessions = withLocalSessions;
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
      case SESSION_MOVED,
          SESSION_EXPIRED,
          CONNECTION_LOSS,
          NOT_READ_ONLY,
          EPHEMERAL_ON_LOCAL_SESSION ->
          false;
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
