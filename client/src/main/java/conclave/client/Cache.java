package conclave.client;

import conclave.protocol.EventType;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A copy of a part of the tree that is kept up to date, through lost connections and sessions. It
 * lags behind the server by a message; while the connection is lost it shows what was known last.
 *
 * <pre>{@code
 * Cache members = client.cache("/members", Cache.Depth.CHILDREN);
 * members.onChange(change -> System.out.println(change.path()));
 * members.start().join();
 * }</pre>
 *
 * <p>Reading is free and from any thread. Listeners run on the client's thread. Znodes that the
 * client may not read are not in it.
 */
public final class Cache implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cache.class);
  private static final Duration RETRY_AFTER = Duration.ofMillis(200);

  /** How much is copied. */
  public enum Depth {
    /** The znode alone. */
    NODE,
    /** The znode and its children. */
    CHILDREN,
    /** The znode and all below it. */
    TREE
  }

  /**
   * A znode has changed in the copy.
   *
   * @param before null for one that is new
   * @param now null for one that is gone
   */
  public record Change(String path, @Nullable Node before, @Nullable Node now) {}

  private final ConclaveClient client;
  private final String root;
  private final Depth depth;
  private final NavigableMap<String, Node> nodes = new ConcurrentSkipListMap<>();
  private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Cache> loaded = new CompletableFuture<>();

  /** What is being read; true for what has changed again meanwhile. */
  private final Map<String, Boolean> reading = new HashMap<>();

  /** What this walk over the tree has still to see before it is complete. */
  private final Set<String> walking = new HashSet<>();

  /** What was there before this walk and was not seen by it yet. */
  private Set<String> unseen = Set.of();

  private @Nullable Registration registration;
  private boolean started;
  private boolean closed;

  Cache(ConclaveClient client, String root, Depth depth) {
    client.onServer(root);
    this.client = client;
    this.root = root;
    this.depth = depth;
  }

  /** Begins to copy; completes when the first copy is complete. */
  public CompletableFuture<Cache> start() {
    client
        .executor()
        .execute(
            () -> {
              if (!started) {
                started = true;
                setWatch();
              }
            });
    return loaded.copy();
  }

  /** A znode of the copy. */
  public Optional<Node> get(String path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /** All of the copy, by path: a view that changes with it. */
  public NavigableMap<String, Node> nodes() {
    return Collections.unmodifiableNavigableMap(nodes);
  }

  /** The names of the children of a znode of the copy, sorted. */
  public List<String> children(String path) {
    String prefix = path.equals(Paths.ROOT) ? path : path + "/";
    List<String> names = new ArrayList<>();
    for (String below : nodes.tailMap(prefix, false).keySet()) {
      if (!below.startsWith(prefix)) {
        break;
      }
      if (below.indexOf('/', prefix.length()) < 0) {
        names.add(below.substring(prefix.length()));
      }
    }
    return names;
  }

  /** Is told of every change of the copy after this call. */
  public Registration onChange(Consumer<Change> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  @Override
  public void close() {
    client
        .executor()
        .execute(
            () -> {
              closed = true;
              Registration current = registration;
              if (current != null) {
                current.close();
              }
            });
  }

  private void setWatch() {
    if (closed) {
      return;
    }
    WatchMode mode = depth == Depth.NODE ? WatchMode.PERSISTENT : WatchMode.PERSISTENT_RECURSIVE;
    client
        .addWatch(root, mode, new Events())
        .whenComplete((set, failure) -> client.executor().execute(() -> watchSet(set, failure)));
  }

  private void watchSet(@Nullable Registration set, @Nullable Throwable failure) {
    if (set == null) {
      failedOrAgain(ConclaveException.causeOf(failure), this::setWatch);
    } else if (closed) {
      set.close();
    } else {
      registration = set;
      walk();
    }
  }

  private final class Events implements WatchListener {
    @Override
    public void changed(WatchEvent event) {
      if (event.type() != EventType.NODE_CHILDREN_CHANGED && isInside(event.path())) {
        refresh(event.path());
      }
    }

    @Override
    public void mayHaveMissed() {
      if (registration != null) {
        walk();
      }
    }
  }

  private boolean isInside(String path) {
    return switch (depth) {
      case NODE -> path.equals(root);
      case CHILDREN -> path.equals(root) || Paths.parent(path).equals(root);
      case TREE -> true;
    };
  }

  /** Reads everything anew. What the walk does not come by may be gone, and is looked at singly. */
  private void walk() {
    if (closed) {
      return;
    }
    unseen = new HashSet<>(nodes.keySet());
    walking.clear();
    visit(root);
  }

  private void visit(String path) {
    walking.add(path);
    unseen.remove(path);
    refresh(path);
    boolean hasInside = depth == Depth.TREE || (depth == Depth.CHILDREN && path.equals(root));
    if (!hasInside) {
      return;
    }
    String list = path + "/";
    walking.add(list);
    client
        .getChildren(path)
        .whenComplete(
            (outcome, failure) ->
                client.executor().execute(() -> listed(path, list, outcome, failure)));
  }

  private void listed(
      String path, String list, @Nullable Outcome<Children> outcome, @Nullable Throwable failure) {
    if (closed) {
      return;
    }
    if (outcome == null) {
      Throwable cause = ConclaveException.causeOf(failure);
      if (!(cause instanceof RefusedException)) {
        failedOrAgain(cause, this::walk);
        return;
      }
    } else {
      for (String name : outcome.value().map(Children::names).orElse(List.of())) {
        visit(Paths.child(path, name));
      }
    }
    walked(list);
  }

  private void walked(String what) {
    if (walking.remove(what) && walking.isEmpty()) {
      Set<String> left = unseen;
      unseen = Set.of();
      left.forEach(this::refresh);
      loaded.complete(this);
    }
  }

  /** Reads one znode, unless that is under way: then once more behind it. */
  private void refresh(String path) {
    if (closed || reading.computeIfPresent(path, (p, stale) -> true) != null) {
      return;
    }
    reading.put(path, false);
    client
        .getData(path)
        .whenComplete(
            (outcome, failure) -> client.executor().execute(() -> wasRead(path, outcome, failure)));
  }

  private void wasRead(String path, @Nullable Outcome<Node> outcome, @Nullable Throwable failure) {
    boolean stale = Boolean.TRUE.equals(reading.remove(path));
    if (closed) {
      return;
    }
    if (outcome == null) {
      Throwable cause = ConclaveException.causeOf(failure);
      if (!(cause instanceof RefusedException)) {
        failedOrAgain(cause, () -> refresh(path));
        return;
      }
      replace(path, null);
    } else {
      replace(path, outcome.value().orElse(null));
    }
    if (stale) {
      refresh(path);
    } else {
      walked(path);
    }
  }

  private void replace(String path, @Nullable Node now) {
    Node before = now == null ? nodes.remove(path) : nodes.put(path, now);
    if (!isSame(before, now)) {
      Change change = new Change(path, before, now);
      for (Consumer<Change> listener : listeners) {
        try {
          listener.accept(change);
        } catch (RuntimeException e) {
          LOG.error("a listener failed", e);
        }
      }
    }
  }

  private static boolean isSame(@Nullable Node before, @Nullable Node now) {
    if (before == null || now == null) {
      return before == null && now == null;
    }
    return before.stat().czxid() == now.stat().czxid()
        && before.stat().mzxid() == now.stat().mzxid();
  }

  /** What a better connection can heal is tried again; anything else ends the copying. */
  private void failedOrAgain(Throwable cause, Runnable again) {
    if (cause instanceof ConnectionLostException || cause instanceof DeadlineException) {
      client.schedule(again, RETRY_AFTER);
    } else {
      loaded.completeExceptionally(cause);
    }
  }
}
