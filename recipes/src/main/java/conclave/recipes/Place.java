package conclave.recipes;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import conclave.protocol.EventType;
import conclave.protocol.Paths;
import conclave.recipes.ContenderQueue.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A contender's place in a queue, in one session: from the creation of its znode until that is gone
 * again. Once let in, it is what its owner holds.
 *
 * <p>It watches two znodes at the most: its own, to learn that somebody has deleted it, and the one
 * that it waits for. Both by reading their data, since a watch that was set by asking whether a
 * znode exists would stay behind where there is none. Its own only when it is not gone soon: nobody
 * deletes a lock's znode by hand within a quarter of a second, and who holds a lock for a moment
 * would pay as much for setting that watch and removing it as for the lock. Who waits can wait for
 * longer with it: it finds out at the latest when its turn comes, and has lost but its place.
 *
 * <p>Belongs to the client's thread, but for what {@link Held} promises.
 */
final class Place implements Attempt, Held {
  private static final Duration HOLDER_WATCHES_ITSELF_AFTER = Duration.ofMillis(250);
  private static final Duration WAITER_WATCHES_ITSELF_AFTER = Duration.ofSeconds(2);

  private final ConclaveClient client;
  private final ContenderQueue queue;
  private final boolean waits;
  private final CompletableFuture<Held> granted = new CompletableFuture<>();
  private final CompletableFuture<Loss> lost = new CompletableFuture<>();
  private final CompletableFuture<Void> left = new CompletableFuture<>();

  private volatile @Nullable Created node;

  /** Asked for together with the znode's creation, to have the answer right behind that. */
  private @Nullable CompletableFuture<Outcome<Children>> firstLook;

  private long sessionId;
  private @Nullable Registration session;
  private @Nullable Registration untilWatched;

  /** Or has asked for it. */
  private boolean watchesItself;

  private @Nullable CompletableFuture<WatchEvent> ownEvent;
  private @Nullable CompletableFuture<WatchEvent> awaitedEvent;
  private volatile long token;

  /** Left, or on the way, or the znode is gone. */
  private volatile boolean over;

  /** Set by whoever releases it; {@link #over} follows on the client's thread. */
  private volatile boolean released;

  /**
   * @param client bound to its session
   * @param waits false to give up where it would have to wait
   */
  Place(ConclaveClient client, ContenderQueue queue, boolean waits) {
    this.client = client;
    this.queue = queue;
    this.waits = waits;
  }

  /** Queues up and waits for its turn. */
  static Place enter(ConclaveClient client, ContenderQueue queue) {
    return new Place(client, queue, true).enter();
  }

  Place enter() {
    CompletableFuture<Created> creation = queue.add(client);
    firstLook = client.getChildren(queue.path());
    return enter(creation);
  }

  /** The same with a znode that is made in another way. */
  Place enter(CompletableFuture<Created> creation) {
    creation.whenComplete(this::created);
    return this;
  }

  private void created(@Nullable Created made, @Nullable Throwable failure) {
    if (made == null) {
      failed(failure);
      return;
    }
    node = made;
    token = made.stat().czxid();
    if (over) {
      remove(made);
    } else if (queue.isPastTheLastNumber(Paths.name(made.path()))) {
      failed(
          new IllegalStateException(
              made.path()
                  + " has a number past the last one, which would let it in before its turn; delete "
                  + queue.path()
                  + " when nobody uses it, so that numbers begin at 0 again"));
    } else {
      sessionId = client.sessionId();
      look(made);
    }
  }

  /** The first news, how the session stands, may come when it is over and there is another one. */
  private void sessionChanged(Created own, SessionEvent event) {
    boolean ended =
        switch (event.state()) {
          case LOST, AUTH_FAILED, CLOSED -> true;
          case CONNECTED, CONNECTED_READ_ONLY, SUSPENDED -> false;
        };
    if (!over && (ended || event.sessionId() != sessionId)) {
      // Any request says how it has ended.
      watchItself(own);
    }
  }

  private void watchItself(Created own) {
    watchesItself = true;
    client.getDataAndWatch(own.path()).whenComplete(this::watchesItself);
  }

  private void watchesItself(@Nullable Outcome<Watched<Node>> read, @Nullable Throwable failure) {
    CompletableFuture<WatchEvent> event = eventOf(read);
    if (event == null) {
      deletedOrFailed(read, failure);
      return;
    }
    if (over) {
      event.cancel(false);
      return;
    }
    ownEvent = event;
    event.whenComplete(this::itselfChanged);
  }

  private void itselfChanged(@Nullable WatchEvent event, @Nullable Throwable failure) {
    ownEvent = null;
    if (over) {
      return;
    }
    Created own = node;
    if (event == null) {
      failed(failure);
    } else if (event.type() == EventType.NODE_DELETED || own == null) {
      deleted();
    } else {
      watchItself(own);
    }
  }

  /** Looks whose turn it is. */
  private void look(Created own) {
    CompletableFuture<Outcome<Children>> first = firstLook;
    firstLook = null;
    CompletableFuture<Outcome<Children>> asked =
        first == null ? client.getChildren(queue.path()) : first;
    asked.whenComplete(
        (children, failure) -> {
          if (over) {
            return;
          }
          List<String> names = namesOf(children);
          if (first != null && failure == null && isBefore(own, names)) {
            look(own);
          } else if (names == null) {
            deletedOrFailed(children, failure);
          } else {
            act(own, judge(own, names));
          }
        });
  }

  /**
   * Whether the first look was from before the creation, which had to be made again: there was no
   * container, or the connection was lost.
   */
  private static boolean isBefore(Created own, @Nullable List<String> names) {
    return names == null || !names.contains(Paths.name(own.path()));
  }

  private static @Nullable List<String> namesOf(@Nullable Outcome<Children> outcome) {
    return outcome instanceof Outcome.Done<Children> done ? done.result().names() : null;
  }

  /** Null when there is no such contender any more. */
  private @Nullable Verdict judge(Created own, List<String> children) {
    return queue.judge(Paths.name(own.path()), children);
  }

  private void act(Created own, @Nullable Verdict verdict) {
    if (verdict == null) {
      deleted();
    } else if (verdict instanceof Verdict.Go) {
      grant(own);
    } else if (!waits) {
      failed(new SetbackException(Setback.WOULD_WAIT));
    } else if (verdict instanceof Verdict.Behind behind) {
      awaitEndOf(own, behind.contender());
    } else {
      awaitAnyChange(own);
    }
  }

  private void grant(Created own) {
    close(untilWatched);
    if (!granted.complete(this)) {
      leave();
      return;
    }
    if (over) {
      // Whoever was told has given it back at once, and needs no news of it.
      return;
    }
    session = client.onSession(event -> sessionChanged(own, event));
    if (!watchesItself) {
      untilWatched = client.schedule(() -> watchItself(own), HOLDER_WATCHES_ITSELF_AFTER);
    }
  }

  private void awaitEndOf(Created own, String contender) {
    client
        .getDataAndWatch(Paths.child(queue.path(), contender))
        .whenComplete(
            (read, failure) -> {
              CompletableFuture<WatchEvent> event = eventOf(read);
              if (event != null) {
                await(own, event);
              } else if (over) {
                return;
              } else if (read != null) {
                // It has gone since the children were read.
                look(own);
              } else {
                failed(failure);
              }
            });
  }

  private void awaitAnyChange(Created own) {
    client
        .getChildrenAndWatch(queue.path())
        .whenComplete(
            (read, failure) -> {
              if (read instanceof Outcome.Done<Watched<Children>> done) {
                CompletableFuture<WatchEvent> event = done.result().event();
                Verdict verdict = judge(own, done.result().value().names());
                if (over || verdict instanceof Verdict.AnyChange) {
                  await(own, event);
                } else {
                  event.cancel(false);
                  act(own, verdict);
                }
              } else if (!over) {
                deletedOrFailed(read, failure);
              }
            });
  }

  private void await(Created own, CompletableFuture<WatchEvent> event) {
    if (over) {
      event.cancel(false);
      return;
    }
    awaitedEvent = event;
    if (!watchesItself && untilWatched == null) {
      untilWatched = client.schedule(() -> watchItself(own), WAITER_WATCHES_ITSELF_AFTER);
    }
    event.whenComplete(
        (happened, failure) -> {
          awaitedEvent = null;
          if (over) {
            return;
          }
          if (happened == null) {
            failed(failure);
          } else {
            look(own);
          }
        });
  }

  private static <T> @Nullable CompletableFuture<WatchEvent> eventOf(
      @Nullable Outcome<Watched<T>> read) {
    return read instanceof Outcome.Done<Watched<T>> done ? done.result().event() : null;
  }

  private void deletedOrFailed(@Nullable Outcome<?> refused, @Nullable Throwable failure) {
    if (over) {
      return;
    }
    if (refused != null) {
      deleted();
    } else {
      failed(failure);
    }
  }

  private void deleted() {
    end();
    left.complete(null);
    if (!granted.completeExceptionally(new SetbackException(Setback.ZNODE_DELETED))) {
      // A session that its owner ends takes the znode with it before it says that it is over.
      lost.complete(client.isEnded() ? Loss.CLIENT_ENDED : Loss.ZNODE_DELETED);
    }
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (cause instanceof ConnectionLostException && client.isEnded()) {
      // There will be no other connection. Any request says how it has ended.
      client.exists(Paths.ROOT).whenComplete((never, ended) -> failed(ended));
      return;
    }
    if (!(cause instanceof SessionEndedException ended)) {
      granted.completeExceptionally(cause);
      leave();
      if (node == null) {
        left.complete(null);
      }
      return;
    }
    boolean known = over;
    end();
    left.complete(null);
    if (!granted.completeExceptionally(ended) && !known) {
      lost.complete(ended.state() == SessionState.LOST ? Loss.SESSION_LOST : Loss.CLIENT_ENDED);
    }
  }

  /** No watch is left behind. */
  private void end() {
    over = true;
    close(session);
    close(untilWatched);
    CompletableFuture<WatchEvent> own = ownEvent;
    if (own != null) {
      own.cancel(false);
    }
    CompletableFuture<WatchEvent> awaited = awaitedEvent;
    if (awaited != null) {
      awaited.cancel(false);
    }
  }

  private static void close(@Nullable Registration registration) {
    if (registration != null) {
      registration.close();
    }
  }

  private void remove(Created own) {
    client
        .deleteSurely(own.path())
        .whenComplete(
            (gone, failure) -> {
              Throwable cause = failure == null ? null : ConclaveException.causeOf(failure);
              if (cause == null || cause instanceof SessionEndedException) {
                left.complete(null);
              } else {
                left.completeExceptionally(cause);
              }
            });
  }

  /** The client, bound to the session. */
  ConclaveClient client() {
    return client;
  }

  boolean isIn(String path) {
    return queue.path().equals(path);
  }

  /** The name of its znode. */
  String znode() {
    Created own = node;
    if (own == null) {
      throw new IllegalStateException("there is no znode yet");
    }
    return Paths.name(own.path());
  }

  /** Whether it was released or lost. */
  boolean isGone() {
    return over || released;
  }

  @Override
  public CompletableFuture<Held> granted() {
    return granted;
  }

  @Override
  public CompletableFuture<Void> leave() {
    if (over) {
      return left;
    }
    end();
    Created own = node;
    if (own != null) {
      // Without one, its creation is under way, and ends here when it is answered.
      remove(own);
    }
    return left;
  }

  @Override
  public long token() {
    return token;
  }

  @Override
  public boolean isHeld() {
    return !over
        && !released
        && client.state() == SessionState.CONNECTED
        && !client.certainFor().isZero();
  }

  @Override
  public Duration certainFor() {
    return over || released ? Duration.ZERO : client.certainFor();
  }

  @Override
  public CompletableFuture<Loss> lost() {
    return lost.copy();
  }

  @Override
  public CompletableFuture<Void> release() {
    released = true;
    if (client.isEnded()) {
      // Its thread may be gone too, and the znode goes with the session.
      over = true;
      left.complete(null);
    } else {
      client.executor().execute(this::leave);
    }
    return left.copy();
  }

  @Override
  public void close() {
    Await.awaitElsewhere(client, release());
  }
}
