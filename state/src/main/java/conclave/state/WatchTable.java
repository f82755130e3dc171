package conclave.state;

import conclave.protocol.EventType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who watches what, on one event loop.
 *
 * <p>Not thread-safe: the loop registers and removes under the owner's shared lock, the state
 * machine fires under the exclusive one, so no two threads are ever in it.
 *
 * <p>Paths and watchers have numbers here, and a watch is one int in its path's map (watcher and
 * modes) and one in its watcher's (path), so that millions of them fit.
 */
public final class WatchTable {

  /** The kinds of watch; one watcher may have all of them on one path. */
  public enum Mode {
    /** Set by getData and exists; fires once. */
    DATA(1),
    /** Set by getChildren; fires once. */
    CHILD(2),
    /** Fires for the znode and its set of children, until removed. */
    PERSISTENT(4),
    /** Fires for the znode and all below it, until removed; not for sets of children. */
    PERSISTENT_RECURSIVE(8);

    private final int bit;

    Mode(int bit) {
      this.bit = bit;
    }
  }

  /**
   * How many watches there are, as Apache counts them: a persistent one is both data and child
   * watch.
   */
  public record Counts(int watchers, int paths, int dataWatches, int childWatches) {}

  private static final int DATA = Mode.DATA.bit;
  private static final int CHILD = Mode.CHILD.bit;
  private static final int PERSISTENT = Mode.PERSISTENT.bit;
  private static final int RECURSIVE = Mode.PERSISTENT_RECURSIVE.bit;
  private static final int ANY_DATA = DATA | PERSISTENT | RECURSIVE;
  private static final int ANY_CHILD = CHILD | PERSISTENT;
  private static final int ALL = DATA | CHILD | PERSISTENT | RECURSIVE;

  private final Map<String, Watched> byPath = new HashMap<>();
  private final Map<Watcher, Watching> byWatcher = new IdentityHashMap<>();
  private final Numbers<Watched> paths = new Numbers<>();
  private final Numbers<Watching> watchers = new Numbers<>();
  private int dataWatches;
  private int childWatches;
  private int recursiveWatches;

  /** The watchers by their numbers once more: all that telling them of a change touches. */
  private @Nullable Watcher[] watcherOf = new Watcher[8];

  /** Counts changes, to tell a watcher only once of each. */
  private long changes;

  /** By number the last change that a watcher was told of; kept up while one may be met twice. */
  private long[] lastChange = new long[8];

  /** Who is to be told of the change that is being fired; empty otherwise. */
  private @Nullable Watcher[] told = new Watcher[8];

  private int toldCount;

  /** A path that somebody watches: modes by watcher. */
  private static final class Watched {
    final String path;
    final int number;
    final IntMap watchers = new IntMap();

    Watched(String path, int number) {
      this.path = path;
      this.number = number;
    }
  }

  /** Somebody who watches: the paths. */
  private static final class Watching {
    final Watcher watcher;
    final int number;
    final IntMap paths = new IntMap();

    Watching(Watcher watcher, int number) {
      this.watcher = watcher;
      this.number = number;
    }
  }

  // --- the loop, under the shared lock

  /** Sets a watch; setting it twice is the same as once. */
  public void add(String path, Watcher watcher, Mode mode) {
    Watching watching = byWatcher.get(watcher);
    if (watching == null) {
      int number = watchers.next();
      watching = new Watching(watcher, number);
      watchers.set(number, watching);
      name(number, watcher);
      byWatcher.put(watcher, watching);
    }
    Watched watched = byPath.get(path);
    if (watched == null) {
      int number = paths.next();
      watched = new Watched(path, number);
      paths.set(number, watched);
      byPath.put(path, watched);
    }
    int old = watched.watchers.get(watching.number);
    setModes(watched, watching, old, old | mode.bit);
  }

  /** Whether there is a watch of exactly that mode on exactly that path. */
  public boolean contains(String path, Watcher watcher, Mode mode) {
    return (modes(path, watcher) & mode.bit) != 0;
  }

  /** Whether there is any watch on exactly that path. */
  public boolean containsAny(String path, Watcher watcher) {
    return modes(path, watcher) != 0;
  }

  /** Removes a watch; returns whether it was there. */
  public boolean remove(String path, Watcher watcher, Mode mode) {
    return remove(path, watcher, mode.bit);
  }

  /** Removes all watches on a path; returns whether there was one. */
  public boolean removeAny(String path, Watcher watcher) {
    return remove(path, watcher, ALL);
  }

  /** Removes all watches of one watcher, whose connection is gone. */
  public void remove(Watcher watcher) {
    Watching watching = byWatcher.get(watcher);
    if (watching == null) {
      return;
    }
    for (int entry : watching.paths.entries()) {
      Watched watched = paths.get(IntMap.key(entry));
      setModes(watched, watching, watched.watchers.get(watching.number), 0);
    }
  }

  private void name(int number, Watcher watcher) {
    if (number >= watcherOf.length) {
      watcherOf = Arrays.copyOf(watcherOf, 2 * number);
      lastChange = Arrays.copyOf(lastChange, 2 * number);
    }
    watcherOf[number] = watcher;
    lastChange[number] = 0;
  }

  private int modes(String path, Watcher watcher) {
    Watched watched = byPath.get(path);
    Watching watching = byWatcher.get(watcher);
    return watched == null || watching == null ? 0 : watched.watchers.get(watching.number);
  }

  private boolean remove(String path, Watcher watcher, int bits) {
    Watched watched = byPath.get(path);
    Watching watching = byWatcher.get(watcher);
    if (watched == null || watching == null) {
      return false;
    }
    int old = watched.watchers.get(watching.number);
    setModes(watched, watching, old, old & ~bits);
    return (old & bits) != 0;
  }

  private void setModes(Watched watched, Watching watching, int old, int modes) {
    if (old == modes) {
      return;
    }
    watched.watchers.set(watching.number, modes);
    afterChange(watched, watching, old, modes);
    dropIfUnused(watched);
  }

  /** The path's side is done: does the watcher's and counts. */
  private void afterChange(Watched watched, Watching watching, int old, int modes) {
    dataWatches += has(modes, ANY_DATA) - has(old, ANY_DATA);
    childWatches += has(modes, ANY_CHILD) - has(old, ANY_CHILD);
    recursiveWatches += has(modes, RECURSIVE) - has(old, RECURSIVE);
    if (old == 0 || modes == 0) {
      watching.paths.set(watched.number, modes == 0 ? 0 : 1);
      if (watching.paths.isEmpty()) {
        byWatcher.remove(watching.watcher);
        watchers.free(watching.number);
        watcherOf[watching.number] = null;
      }
    }
  }

  private void dropIfUnused(Watched watched) {
    if (watched.watchers.isEmpty()) {
      byPath.remove(watched.path);
      paths.free(watched.number);
    }
  }

  private static int has(int modes, int bits) {
    return (modes & bits) != 0 ? 1 : 0;
  }

  // --- the state machine, under the exclusive lock

  public boolean isEmpty() {
    return byPath.isEmpty();
  }

  /** Tells everybody who watches for such a change, each once, and removes what fires once only. */
  void fire(Change change, EventSink sink) {
    if (byPath.isEmpty()) {
      return;
    }
    boolean above = recursiveWatches > 0;
    changes++;
    Watched watched = byPath.get(change.path);
    if (watched != null) {
      fireAt(watched, change.type, above);
    }
    if (above && change.type != EventType.NODE_CHILDREN_CHANGED) {
      fireAbove(change.path);
    }
    if (toldCount > 0) {
      tell(change, sink);
    }
  }

  /**
   * @param marks whether somebody may be met again further up
   */
  private void fireAt(Watched watched, EventType type, boolean marks) {
    int once = firesOnce(type);
    int stays = type == EventType.NODE_CHILDREN_CHANGED ? PERSISTENT : PERSISTENT | RECURSIVE;
    for (int entry : watched.watchers.take(once)) {
      int number = IntMap.key(entry);
      int old = IntMap.bits(entry);
      if ((old & stays) == 0) {
        add(number, marks);
      }
      afterChange(watched, watchers.get(number), old, old & ~once);
    }
    addAll(watched, stays, marks);
    dropIfUnused(watched);
  }

  private void fireAbove(String path) {
    for (int end = path.length() - 1; end > 0; ) {
      end = path.lastIndexOf('/', end - 1);
      Watched above = byPath.get(end <= 0 ? "/" : path.substring(0, end));
      if (above != null) {
        addAll(above, RECURSIVE, true);
      }
    }
  }

  private void addAll(Watched watched, int bits, boolean marks) {
    if (watched.watchers.isEmpty()) {
      return;
    }
    for (int entry : watched.watchers.entries()) {
      if ((entry & bits) != 0) {
        add(IntMap.key(entry), marks);
      }
    }
  }

  private void add(int number, boolean marks) {
    if (marks) {
      if (lastChange[number] == changes) {
        return;
      }
      lastChange[number] = changes;
    }
    if (toldCount == told.length) {
      told = Arrays.copyOf(told, 2 * toldCount);
    }
    told[toldCount++] = watcherOf[number];
  }

  private void tell(Change change, EventSink sink) {
    Watcher[] all = Arrays.copyOf(told, toldCount);
    Arrays.fill(told, 0, toldCount, null);
    toldCount = 0;
    if (all.length == 1) {
      sink.event(change.event(), all[0]);
    } else {
      sink.events(change.event(), List.of(all));
    }
  }

  private static int firesOnce(EventType type) {
    return switch (type) {
      case NODE_CREATED, NODE_DATA_CHANGED -> DATA;
      case NODE_DELETED -> DATA | CHILD;
      case NODE_CHILDREN_CHANGED -> CHILD;
      case NONE, DATA_WATCH_REMOVED, CHILD_WATCH_REMOVED, PERSISTENT_WATCH_REMOVED ->
          throw new IllegalArgumentException("not a change of a znode: " + type);
    };
  }

  // --- figures, under the shared lock

  public Counts counts() {
    return new Counts(byWatcher.size(), byPath.size(), dataWatches, childWatches);
  }

  /** The watched paths by session; of data watches only, as Apache's {@code wchc} has them. */
  public Map<Long, List<String>> dataWatchesBySession() {
    Map<Long, List<String>> all = new TreeMap<>();
    for (Watched watched : byPath.values()) {
      for (long session : dataWatchers(watched)) {
        all.computeIfAbsent(session, s -> new ArrayList<>()).add(watched.path);
      }
    }
    return all;
  }

  /** The watching sessions by path; of data watches only, as Apache's {@code wchp} has them. */
  public Map<String, List<Long>> dataWatchesByPath() {
    Map<String, List<Long>> all = new TreeMap<>();
    for (Watched watched : byPath.values()) {
      List<Long> sessions = dataWatchers(watched);
      if (!sessions.isEmpty()) {
        all.put(watched.path, sessions);
      }
    }
    return all;
  }

  private List<Long> dataWatchers(Watched watched) {
    List<Long> sessions = new ArrayList<>();
    for (int entry : watched.watchers.entries()) {
      if ((entry & ANY_DATA) != 0) {
        sessions.add(watchers.get(IntMap.key(entry)).watcher.sessionId());
      }
    }
    return sessions;
  }

  /** Things under small numbers that are used again. */
  private static final class Numbers<T> {
    private final ArrayList<@Nullable T> things = new ArrayList<>();
    private int[] free = new int[8];
    private int freeCount;

    int next() {
      if (freeCount > 0) {
        return free[--freeCount];
      }
      things.add(null);
      return things.size() - 1;
    }

    void set(int number, T thing) {
      things.set(number, thing);
    }

    T get(int number) {
      T thing = things.get(number);
      if (thing == null) {
        throw new IllegalStateException("nothing has the number " + number);
      }
      return thing;
    }

    void free(int number) {
      things.set(number, null);
      if (freeCount == free.length) {
        free = Arrays.copyOf(free, 2 * freeCount);
      }
      free[freeCount++] = number;
    }
  }
}
