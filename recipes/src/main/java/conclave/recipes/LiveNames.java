package conclave.recipes;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.WatchEvent;
import conclave.client.WatchListener;
import conclave.client.WatchMode;
import conclave.protocol.EventType;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The names of a znode's children, in order, kept up to date without ever asking for all of them
 * again on a change: a watch on everything below the znode tells the name of each child that comes
 * or goes. A queue of many items is listed once for each connection, not once for each item.
 *
 * <p>Belongs to the client's thread.
 */
final class LiveNames implements WatchListener {
  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  private final ConclaveClient client;
  private final String path;
  private final Predicate<String> wanted;
  private final Runnable changed;
  private final CompletableFuture<Void> listed = new CompletableFuture<>();
  private NavigableSet<String> names;
  private @Nullable Registration registration;
  private boolean started;
  private boolean listing;
  private boolean stale;
  private boolean closed;

  /**
   * @param wanted whether a child belongs to it
   * @param changed called after names have come or gone
   */
  LiveNames(
      ConclaveClient client,
      String path,
      Comparator<String> order,
      Predicate<String> wanted,
      Runnable changed) {
    this.client = client;
    this.path = path;
    this.wanted = wanted;
    this.changed = changed;
    this.names = new TreeSet<>(order);
  }

  /** Begins to follow, when it has not yet; completes when all names are there. */
  CompletableFuture<Void> start() {
    if (!started) {
      started = true;
      setWatch();
    }
    return listed;
  }

  boolean isListed() {
    return listed.isDone() && !listed.isCompletedExceptionally();
  }

  /** The names of now: to be read on the spot. */
  NavigableSet<String> names() {
    return names;
  }

  /** Takes a name out that is known to be gone. */
  void remove(String name) {
    names.remove(name);
  }

  void close() {
    closed = true;
    Registration current = registration;
    registration = null;
    if (current != null) {
      current.close();
    }
  }

  private void setWatch() {
    if (closed) {
      return;
    }
    client
        .addWatch(path, WatchMode.PERSISTENT_RECURSIVE, this)
        .whenComplete((set, failure) -> client.executor().execute(() -> watchSet(set, failure)));
  }

  private void watchSet(@Nullable Registration set, @Nullable Throwable failure) {
    if (set == null) {
      failedOrAgain(failure, this::setWatch);
    } else if (closed) {
      set.close();
    } else {
      registration = set;
      list();
    }
  }

  @Override
  public void changed(WatchEvent event) {
    if (closed) {
      return;
    }
    if (event.path().equals(path)) {
      if (event.type() == EventType.NODE_DELETED) {
        names.clear();
      }
      return;
    }
    if (!Paths.parent(event.path()).equals(path)) {
      return;
    }
    String name = Paths.name(event.path());
    boolean different =
        switch (event.type()) {
          case NODE_CREATED -> wanted.test(name) && names.add(name);
          case NODE_DELETED -> names.remove(name);
          default -> false;
        };
    if (different) {
      changed.run();
    }
  }

  @Override
  public void mayHaveMissed() {
    if (registration != null) {
      list();
    }
  }

  private void list() {
    if (closed) {
      return;
    }
    if (listing) {
      stale = true;
      return;
    }
    listing = true;
    stale = false;
    client
        .getChildren(path)
        .whenComplete(
            (outcome, failure) -> client.executor().execute(() -> wereListed(outcome, failure)));
  }

  private void wereListed(@Nullable Outcome<Children> outcome, @Nullable Throwable failure) {
    listing = false;
    if (outcome == null) {
      failedOrAgain(failure, this::list);
      return;
    }
    Children children = outcome.orNullIf(Refusal.NO_NODE);
    names.clear();
    if (children != null) {
      children.names().stream().filter(wanted).forEach(names::add);
    }
    listed.complete(null);
    changed.run();
    if (stale) {
      list();
    }
  }

  private void failedOrAgain(@Nullable Throwable failure, Runnable again) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (closed) {
      return;
    }
    if (Trouble.isPassing(cause)) {
      Trouble.later(client, RETRY_AFTER, again, listed);
    } else {
      listed.completeExceptionally(cause);
      changed.run();
    }
  }
}
