package conclave.client;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Request.SetWatches;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * What the server watches for this client, so that it can be asked for again on the next
 * connection. Paths are the server's.
 */
final class Watches {
  /** Apache's client splits its lists at this size, so that no server finds the frame too long. */
  private static final int MAX_BYTES_PER_REQUEST = 128 * 1024;

  private final Set<String> data = new HashSet<>();
  private final Set<String> exist = new HashSet<>();
  private final Set<String> child = new HashSet<>();
  private final Set<String> persistent = new HashSet<>();
  private final Set<String> persistentRecursive = new HashSet<>();

  /** Notes the watch, if any, that an answered request has left at the server. */
  void answered(Request request, ErrorCode error) {
    boolean ok = error == ErrorCode.OK;
    if (request instanceof Request.GetData get && get.watch() && ok) {
      data.add(get.path());
    } else if (request instanceof Request.Exists exists && exists.watch()) {
      if (ok) {
        data.add(exists.path());
      } else if (error == ErrorCode.NO_NODE) {
        exist.add(exists.path());
      }
    } else if (request instanceof Request.GetChildren get && get.watch() && ok) {
      child.add(get.path());
    } else if (request instanceof Request.AddWatch add && ok) {
      (add.mode() == Request.AddWatch.PERSISTENT ? persistent : persistentRecursive)
          .add(add.path());
    } else if (request instanceof Request.Watches remove
        && ok
        && remove.op() == OpCode.REMOVE_WATCHES) {
      forget(remove.path());
    }
  }

  /** Forgets the one-shot watches that an event has used up. */
  void fired(EventType type, String path) {
    switch (type) {
      case NODE_CREATED, NODE_DATA_CHANGED -> {
        data.remove(path);
        exist.remove(path);
      }
      case NODE_DELETED -> {
        data.remove(path);
        exist.remove(path);
        child.remove(path);
      }
      case NODE_CHILDREN_CHANGED -> child.remove(path);
      case NONE, DATA_WATCH_REMOVED, CHILD_WATCH_REMOVED, PERSISTENT_WATCH_REMOVED -> {
        // Removal is noted when the request for it is answered.
      }
    }
  }

  /**
   * What to ask for on a new connection; the server sends the events that were missed in between.
   */
  List<SetWatches> restore(long lastZxid) {
    List<SetWatches> requests = new ArrayList<>();
    List<Iterator<String>> all =
        List.of(
            data.iterator(),
            exist.iterator(),
            child.iterator(),
            persistent.iterator(),
            persistentRecursive.iterator());
    while (all.stream().anyMatch(Iterator::hasNext)) {
      requests.add(nextRequest(lastZxid, all));
    }
    return requests;
  }

  private static SetWatches nextRequest(long lastZxid, List<Iterator<String>> all) {
    List<List<String>> taken = new ArrayList<>();
    int bytes = 0;
    for (Iterator<String> kind : all) {
      List<String> paths = new ArrayList<>();
      while (kind.hasNext() && bytes < MAX_BYTES_PER_REQUEST) {
        String path = kind.next();
        bytes += path.length() + 4;
        paths.add(path);
      }
      taken.add(paths);
    }
    boolean stays = !taken.get(3).isEmpty() || !taken.get(4).isEmpty();
    return new SetWatches(
        // Servers before 3.6 know only the older request.
        stays ? OpCode.SET_WATCHES2 : OpCode.SET_WATCHES,
        lastZxid,
        taken.get(0),
        taken.get(1),
        taken.get(2),
        taken.get(3),
        taken.get(4));
  }

  private void forget(String path) {
    for (Set<String> kind : List.of(data, exist, child, persistent, persistentRecursive)) {
      kind.remove(path);
    }
  }
}
