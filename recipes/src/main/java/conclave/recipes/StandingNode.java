package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Created;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An ephemeral znode that stands for as long as its owner wants: made again in every new session,
 * and when somebody deletes it. What Curator calls a PersistentNode, at the same path with the same
 * data.
 *
 * <p>A znode at that path which belongs to somebody else is waited for, as the one of a process
 * that was killed and started again is until its old session expires. One that this client made in
 * a session that it has lost is removed, so that it never stands in the way of its successor.
 *
 * <p>Everything but the methods for others runs on the client's thread.
 */
final class StandingNode {
  private static final Logger LOG = LoggerFactory.getLogger(StandingNode.class);

  /**
   * The znode as it was made.
   *
   * @param czxid the transaction that made it: of two znodes at this path, the later has the
   *     greater one
   */
  record Standing(long sessionId, long czxid) {}

  private record Write(int revision, CompletableFuture<Void> done) {}

  private final ConclaveClient client;
  private final String path;
  private final Runnable onChange;
  private final CompletableFuture<Void> first = new CompletableFuture<>();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private final Set<Long> ownSessions = new HashSet<>();
  private final List<Write> writes = new ArrayList<>();

  private volatile @Nullable Standing standing;
  private byte @Nullable [] data;
  private int revision;
  private int revisionThere;
  private @Nullable CompletableFuture<WatchEvent> event;
  private @Nullable Registration session;
  private boolean working;
  private boolean again;
  private boolean closed;
  private boolean complained;

  /**
   * @param onChange runs on the client's thread when the znode has come to stand or fallen
   */
  StandingNode(ConclaveClient client, String path, byte @Nullable [] data, Runnable onChange) {
    this.client = client;
    this.path = path;
    this.data = data;
    this.onChange = onChange;
  }

  /** Completes when the znode stands for the first time. */
  CompletableFuture<Void> start() {
    client.executor().execute(() -> session = client.onSession(this::sessionChanged));
    return first.copy();
  }

  /** The znode; null while it does not stand, as far as is known. From any thread. */
  @Nullable Standing standing() {
    return standing;
  }

  /** Changes what it says, now and in later sessions; completes when the server has it. */
  CompletableFuture<Void> setData(byte @Nullable [] next) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    client
        .executor()
        .execute(
            () -> {
              if (closed) {
                done.completeExceptionally(new IllegalStateException(path + " was given up"));
                return;
              }
              data = next;
              revision++;
              writes.add(new Write(revision, done));
              check();
            });
    return done;
  }

  /**
   * Removes the znode; completes when it is gone, or the client is closed and it is bound to go.
   */
  CompletableFuture<Void> close() {
    client
        .executor()
        .execute(
            () -> {
              if (!closed) {
                closed = true;
                Registration listening = session;
                if (listening != null) {
                  listening.close();
                }
                if (!working) {
                  remove();
                }
              }
            });
    SessionState state = client.state();
    if (state == SessionState.CLOSED || state == SessionState.AUTH_FAILED) {
      // Nobody is there to run anything any more, and the znode has gone with the session.
      gone.complete(null);
    }
    return gone.copy();
  }

  private void sessionChanged(SessionEvent news) {
    switch (news.state()) {
      case CONNECTED -> check();
      case LOST, CLOSED, AUTH_FAILED -> {
        falls();
        if (news.state() != SessionState.LOST) {
          first.completeExceptionally(new IllegalStateException("the client is " + news.state()));
        }
      }
      default -> {
        // Without a connection, or with one that can't write, it stands or falls as it did.
      }
    }
  }

  private void check() {
    if (working) {
      again = true;
      return;
    }
    if (closed) {
      return;
    }
    working = true;
    again = false;
    ConclaveClient bound = client.inThisSession();
    look(bound).thenCompose(seen -> actOn(bound, seen)).whenComplete(this::worked);
  }

  private CompletableFuture<Optional<Stat>> look(ConclaveClient bound) {
    CompletableFuture<WatchEvent> waiting = event;
    if (waiting != null && !waiting.isDone()) {
      return bound.exists(path);
    }
    return bound
        .existsAndWatch(path)
        .thenApply(
            (Watched<Optional<Stat>> watched) -> {
              event = watched.event();
              watched.event().whenComplete((fired, failure) -> happened(fired));
              return watched.value();
            });
  }

  private void happened(@Nullable WatchEvent fired) {
    if (fired != null && !closed) {
      check();
    }
  }

  private CompletableFuture<Void> actOn(ConclaveClient bound, Optional<Stat> seen) {
    if (closed) {
      return CompletableFuture.completedFuture(null);
    }
    if (seen.isEmpty()) {
      falls();
      return make(bound);
    }
    Stat stat = seen.get();
    if (stat.ephemeralOwner() == bound.sessionId()) {
      return stands(bound, stat);
    }
    falls();
    if (ownSessions.contains(stat.ephemeralOwner())) {
      return bound
          .delete(path, stat.version())
          .thenAccept(
              outcome -> {
                if (!outcome.was(Refusal.BAD_VERSION)) {
                  outcome.orNullIf(Refusal.NO_NODE);
                }
                again = true;
              });
    }
    // Its end is an event.
    return CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<Void> make(ConclaveClient bound) {
    int made = revision;
    ownSessions.add(bound.sessionId());
    return bound
        .create(path, data, CreateMode.EPHEMERAL)
        .thenCompose(
            (Outcome<Created> outcome) -> {
              if (outcome.was(Refusal.NO_NODE)) {
                again = true;
                return bound.ensureContainer(Paths.parent(path));
              }
              if (outcome.was(Refusal.NODE_EXISTS)) {
                again = true;
                return CompletableFuture.completedFuture(null);
              }
              revisionThere = made;
              return stands(bound, outcome.orThrow().stat());
            });
  }

  private CompletableFuture<Void> stands(ConclaveClient bound, Stat stat) {
    if (revisionThere == revision) {
      stood(bound, stat);
      return CompletableFuture.completedFuture(null);
    }
    int written = revision;
    return bound
        .setData(path, data, ConclaveClient.ANY_VERSION)
        .thenAccept(
            outcome -> {
              if (outcome.orNullIf(Refusal.NO_NODE) == null) {
                again = true;
                return;
              }
              revisionThere = written;
              stood(bound, stat);
            });
  }

  private void stood(ConclaveClient bound, Stat stat) {
    Standing before = standing;
    Standing now = new Standing(bound.sessionId(), stat.czxid());
    standing = now;
    complained = false;
    writes.removeIf(write -> write.revision() <= revisionThere && write.done().complete(null));
    if (!now.equals(before)) {
      onChange.run();
    }
    first.complete(null);
  }

  private void falls() {
    if (standing != null) {
      standing = null;
      onChange.run();
    }
  }

  private void worked(@Nullable Void nothing, @Nullable Throwable failure) {
    working = false;
    if (closed) {
      remove();
      return;
    }
    if (failure == null) {
      if (again) {
        check();
      }
      return;
    }
    // Whatever was asked for may have been done; the next look tells, and writes once more.
    revisionThere = -1;
    Throwable cause = ConclaveException.causeOf(failure);
    if (!Retry.isWorthIt(cause)) {
      if (first.completeExceptionally(cause)) {
        LOG.debug("{} can't be made", path, cause);
      } else if (!complained && !(cause instanceof SessionEndedException)) {
        complained = true;
        LOG.warn("{} can't be made again, and is tried on: {}", path, cause.getMessage());
      }
    }
    client.schedule(this::check, Retry.AFTER);
  }

  private void remove() {
    CompletableFuture<WatchEvent> waiting = event;
    if (waiting != null) {
      waiting.cancel(false);
    }
    standing = null;
    writes.forEach(
        write ->
            write.done().completeExceptionally(new IllegalStateException(path + " was given up")));
    forget(0);
  }

  /**
   * Deletes what this client has made, in whichever of its sessions.
   *
   * @param lost how often in a row the session had ended when the answer came: a client at its end
   *     has no next session to ask in, and its znodes go with the last
   */
  private void forget(int lost) {
    ConclaveClient bound = client.inThisSession();
    bound
        .exists(path)
        .thenCompose(
            stat ->
                stat.isPresent() && ownSessions.contains(stat.get().ephemeralOwner())
                    ? bound.deleteSurely(path)
                    : CompletableFuture.<Void>completedFuture(null))
        .whenComplete(
            (done, failure) -> {
              Throwable cause = failure == null ? null : ConclaveException.causeOf(failure);
              if (cause == null || cause instanceof SessionEndedException && lost >= 2) {
                gone.complete(null);
              } else if (cause instanceof SessionEndedException) {
                forget(lost + 1);
              } else if (Retry.isWorthIt(cause)) {
                client.schedule(() -> forget(0), Retry.AFTER);
              } else {
                gone.completeExceptionally(cause);
              }
            });
  }
}
