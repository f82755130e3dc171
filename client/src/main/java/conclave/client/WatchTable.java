package conclave.client;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Paths;
import conclave.protocol.Request;
import conclave.protocol.Request.SetWatches;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which events, and so also what the server watches for this client and has to be
 * asked for again on the next connection. Paths are the server's. Belongs to the event loop.
 *
 * <p>A server keeps one watch for each kind and path, however often it was asked for; several who
 * wait for it share it here.
 */
final class WatchTable {
  /** Apache's client splits its lists at this size, so that no server finds the frame too long. */
  private static final int MAX_BYTES_PER_REQUEST = 128 * 1024;

  private final Map<String, List<CompletableFuture<WatchEvent>>> data = new LinkedHashMap<>();
  private final Map<String, List<CompletableFuture<WatchEvent>>> exist = new LinkedHashMap<>();
  private final Map<String, List<CompletableFuture<WatchEvent>>> child = new LinkedHashMap<>();
  private final Map<String, List<WatchListener>> persistent = new LinkedHashMap<>();
  private final Map<String, List<WatchListener>> recursive = new LinkedHashMap<>();

  /** How many requests that will leave a watch at a path have no answer yet. */
  private final Map<String, Integer> asked = new HashMap<>();

  /** A request that may leave a watch is about to be sent. */
  void asking(Pending<?> pending) {
    if (pending.event() != null || pending.listener() != null) {
      asked.merge(pending.path(), 1, Integer::sum);
    }
  }

  /** Its answer has come, or never will. */
  void askedNoMore(Pending<?> pending) {
    if (pending.event() != null || pending.listener() != null) {
      asked.computeIfPresent(pending.path(), (path, count) -> count == 1 ? null : count - 1);
    }
  }

  /** Notes the watch, if any, that an answered request has left at the server. */
  void answered(Pending<?> pending, ErrorCode error) {
    if (pending.future().isDone()) {
      // Its caller has given up waiting and will not wait for an event either.
      return;
    }
    boolean ok = error == ErrorCode.OK;
    WatchListener listener = pending.listener();
    if (listener != null && pending.request() instanceof Request.AddWatch added && ok) {
      add(stays(added.mode()), added.path(), listener);
    }
    CompletableFuture<WatchEvent> event = pending.event();
    if (event == null || event.isDone()) {
      return;
    }
    if (pending.request() instanceof Request.GetChildren && ok) {
      add(child, pending.path(), event);
    } else if (pending.request() instanceof Request.GetData && ok) {
      add(data, pending.path(), event);
    } else if (pending.request() instanceof Request.Exists) {
      if (ok) {
        add(data, pending.path(), event);
      } else if (error == ErrorCode.NO_NODE) {
        add(exist, pending.path(), event);
      }
    }
  }

  /** Whether nothing is wanted of the path any more, so that the server may forget it. */
  boolean remove(String path, WatchMode mode, WatchListener listener) {
    return drop(stays(mode.code()), path, listener) && isUnwanted(path);
  }

  /** Whether nothing is wanted of the path any more, so that the server may forget it. */
  boolean remove(String path, CompletableFuture<WatchEvent> event) {
    boolean removed = drop(data, path, event) | drop(exist, path, event) | drop(child, path, event);
    return removed && isUnwanted(path);
  }

  /**
   * A watch that was asked for but isn't noted yet counts as wanted: taking it back would take away
   * what the answer is about to promise.
   */
  private boolean isUnwanted(String path) {
    return !asked.containsKey(path)
        && !data.containsKey(path)
        && !exist.containsKey(path)
        && !child.containsKey(path)
        && !persistent.containsKey(path)
        && !recursive.containsKey(path);
  }

  private Map<String, List<WatchListener>> stays(int mode) {
    return mode == Request.AddWatch.PERSISTENT ? persistent : recursive;
  }

  /** Whom an event concerns; those that wait for one event only are taken out of the table. */
  record Concerned(List<CompletableFuture<WatchEvent>> once, List<WatchListener> staying) {}

  Concerned fired(EventType type, String path) {
    List<CompletableFuture<WatchEvent>> once = new ArrayList<>();
    switch (type) {
      case NODE_CREATED, NODE_DATA_CHANGED -> {
        take(data, path, once);
        take(exist, path, once);
      }
      case NODE_DELETED -> {
        take(data, path, once);
        take(exist, path, once);
        take(child, path, once);
      }
      case NODE_CHILDREN_CHANGED -> take(child, path, once);
      case NONE, DATA_WATCH_REMOVED, CHILD_WATCH_REMOVED, PERSISTENT_WATCH_REMOVED -> {
        // Who takes a watch back knows it.
      }
    }
    return new Concerned(once, staying(type, path));
  }

  private List<WatchListener> staying(EventType type, String path) {
    List<WatchListener> found = new ArrayList<>(persistent.getOrDefault(path, List.of()));
    if (type != EventType.NODE_CHILDREN_CHANGED && !recursive.isEmpty()) {
      for (String above = path; above != null; above = parent(above)) {
        found.addAll(recursive.getOrDefault(above, List.of()));
      }
    }
    return found;
  }

  private static @Nullable String parent(String path) {
    return path.equals(Paths.ROOT) ? null : Paths.parent(path);
  }

  /** All that wait for one event; the session that they were set in has ended. */
  List<CompletableFuture<WatchEvent>> takeAllThatFireOnce() {
    List<CompletableFuture<WatchEvent>> all = new ArrayList<>();
    for (Map<String, List<CompletableFuture<WatchEvent>>> kind : List.of(data, exist, child)) {
      kind.values().forEach(all::addAll);
      kind.clear();
    }
    return all;
  }

  /** Everybody whose watch stays. */
  List<WatchListener> allThatStay() {
    List<WatchListener> all = new ArrayList<>();
    persistent.values().forEach(all::addAll);
    recursive.values().forEach(all::addAll);
    return all;
  }

  /**
   * What to ask for on a new connection; the server sends the events of one-shot watches that were
   * missed in between.
   */
  List<SetWatches> restore(long lastZxid) {
    List<SetWatches> requests = new ArrayList<>();
    List<Iterator<String>> all =
        List.of(
            data.keySet().iterator(),
            exist.keySet().iterator(),
            child.keySet().iterator(),
            persistent.keySet().iterator(),
            recursive.keySet().iterator());
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

  private static <T> void add(Map<String, List<T>> kind, String path, T who) {
    kind.computeIfAbsent(path, p -> new ArrayList<>(1)).add(who);
  }

  private static <T> boolean drop(Map<String, List<T>> kind, String path, T who) {
    List<T> all = kind.get(path);
    if (all == null || !all.remove(who)) {
      return false;
    }
    if (all.isEmpty()) {
      kind.remove(path);
    }
    return true;
  }

  private static <T> void take(Map<String, List<T>> kind, String path, List<T> into) {
    List<T> all = kind.remove(path);
    if (all != null) {
      into.addAll(all);
    }
  }
}
