package conclave.recipes;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.SessionEndedException;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.EventType;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A member of a double barrier, from its entry to its leave: the ephemeral znode of the member,
 * made anew in each session until all are there. Belongs to the client's thread.
 */
final class Entering {
  private final ConclaveClient client;
  private final String path;
  private final String ready;
  private final int members;
  private final CompletableFuture<Void> result = new CompletableFuture<>();

  private ConclaveClient session;
  private @Nullable Created own;
  private @Nullable CompletableFuture<WatchEvent> ownEvent;
  private @Nullable CompletableFuture<WatchEvent> readyEvent;

  /** When this member came first, though it may have had to come again. */
  private long firstZxid;

  private volatile long readyZxid;
  private boolean over;

  /** Completes when the creation that is under way has come to an end. */
  private CompletableFuture<Void> creating = CompletableFuture.completedFuture(null);

  Entering(ConclaveClient client, String path, int members) {
    this.client = client;
    this.session = client;
    this.path = path;
    this.ready = Paths.child(path, DoubleBarrier.READY);
    this.members = members;
  }

  CompletableFuture<Void> begin() {
    result.whenComplete(
        (done, failure) -> {
          if (result.isCancelled()) {
            takeBack();
          }
        });
    if (client.isEnded()) {
      come();
    } else {
      client.executor().execute(this::come);
    }
    return result;
  }

  /** The creation of the mark of this round. */
  long readyZxid() {
    return readyZxid;
  }

  /** Removes the member; completes when its znode is certain to be gone. */
  CompletableFuture<Void> takeBack() {
    CompletableFuture<Void> gone = new CompletableFuture<>();
    if (client.isEnded()) {
      return client.exists(Paths.ROOT).thenApply(never -> null);
    }
    client
        .executor()
        .execute(
            () -> {
              stopWatching();
              over = true;
              creating.whenComplete((made, failure) -> remove(gone));
            });
    return gone;
  }

  private void remove(CompletableFuture<Void> gone) {
    Created mine = own;
    own = null;
    if (mine == null) {
      gone.complete(null);
      return;
    }
    session
        .deleteSurely(mine.path())
        .whenComplete(
            (deleted, failure) -> {
              if (failure == null) {
                gone.complete(null);
              } else {
                gone.completeExceptionally(ConclaveException.causeOf(failure));
              }
            });
  }

  private void stopWatching() {
    CompletableFuture<WatchEvent> mine = ownEvent;
    CompletableFuture<WatchEvent> mark = readyEvent;
    ownEvent = null;
    readyEvent = null;
    cancel(mine);
    cancel(mark);
  }

  private static void cancel(@Nullable CompletableFuture<WatchEvent> event) {
    if (event != null) {
      event.cancel(false);
    }
  }

  private void come() {
    if (over) {
      return;
    }
    stopWatching();
    session = Await.inOneSession(client);
    own = null;
    CompletableFuture<Void> ended = new CompletableFuture<>();
    creating = ended;
    create()
        .whenComplete(
            (made, failure) -> {
              own = made;
              ended.complete(null);
              if (made == null) {
                failed(failure);
              } else if (!over) {
                firstZxid = firstZxid == 0 ? made.stat().czxid() : firstZxid;
                watchItself(made);
                look(made);
              }
            });
  }

  private CompletableFuture<Created> create() {
    return session
        .createGuarded(Paths.child(path, "member"), null, CreateMode.EPHEMERAL, Acl.OPEN)
        .thenCompose(
            outcome ->
                outcome.was(Refusal.NO_NODE)
                    ? session.ensureContainer(path).thenCompose(made -> create())
                    : CompletableFuture.completedFuture(outcome.orThrow()));
  }

  private void watchItself(Created mine) {
    session
        .getDataAndWatch(mine.path())
        .whenComplete(
            (outcome, failure) -> {
              CompletableFuture<WatchEvent> event =
                  outcome instanceof Outcome.Done<Watched<Node>> done
                      ? done.result().event()
                      : null;
              if (isOfThePast(mine)) {
                cancel(event);
              } else if (event != null) {
                ownEvent = event;
                event.whenComplete(
                    (happened, problem) -> {
                      if (!event.isCancelled()) {
                        itselfChanged(mine, happened, problem);
                      }
                    });
              } else if (outcome != null) {
                come();
              } else {
                failed(failure);
              }
            });
  }

  private void itselfChanged(
      Created mine, @Nullable WatchEvent happened, @Nullable Throwable failure) {
    if (isOfThePast(mine)) {
      return;
    }
    ownEvent = null;
    if (happened == null) {
      failed(failure);
    } else if (happened.type() == EventType.NODE_DELETED) {
      come();
    } else {
      watchItself(mine);
    }
  }

  private boolean isOfThePast(Created mine) {
    return over || !mine.equals(own);
  }

  /** Is this round's mark there? If not, are all there, so that it is to be made? */
  private void look(Created mine) {
    session
        .existsAndWatch(ready)
        .whenComplete(
            (mark, failure) -> {
              if (mark == null) {
                if (!isOfThePast(mine)) {
                  failed(failure);
                }
                return;
              }
              if (isOfThePast(mine)) {
                mark.event().cancel(false);
                return;
              }
              Optional<Stat> stat = mark.value();
              if (stat.isEmpty()) {
                await(mine, mark.event());
                count(mine);
                return;
              }
              mark.event().cancel(false);
              if (stat.get().czxid() > firstZxid) {
                passed(stat.get().czxid());
              } else {
                passOrTidy(mine, stat.get().czxid());
              }
            });
  }

  private void await(Created mine, CompletableFuture<WatchEvent> event) {
    readyEvent = event;
    event.whenComplete(
        (happened, failure) -> {
          if (readyEvent != event || isOfThePast(mine)) {
            return;
          }
          readyEvent = null;
          if (happened == null) {
            failed(failure);
          } else {
            look(mine);
          }
        });
  }

  private void count(Created mine) {
    session
        .getChildren(path)
        .whenComplete(
            (outcome, failure) -> {
              if (isOfThePast(mine)) {
                return;
              }
              if (outcome == null) {
                failed(failure);
                return;
              }
              List<String> there = names(outcome);
              if (!there.contains(Paths.name(mine.path()))) {
                come();
              } else if (there.size() >= members) {
                makeMark(mine);
              }
            });
  }

  private static List<String> names(Outcome<Children> outcome) {
    return DoubleBarrier.membersOf(outcome.value().map(Children::names).orElse(List.of()));
  }

  private void makeMark(Created mine) {
    CompletableFuture<WatchEvent> event = readyEvent;
    readyEvent = null;
    cancel(event);
    session
        .create(ready, null, CreateMode.PERSISTENT)
        .handle((made, failure) -> failure)
        .thenCompose(this::markOf)
        .whenComplete(
            (zxid, failure) -> {
              if (isOfThePast(mine)) {
                return;
              }
              if (zxid == null) {
                failed(failure);
              } else if (zxid == 0) {
                look(mine);
              } else {
                passed(zxid);
              }
            });
  }

  /** When the mark was made, by whomever; 0 when it isn't there. */
  private CompletionStage<Long> markOf(@Nullable Throwable failure) {
    Throwable cause = failure == null ? null : ConclaveException.causeOf(failure);
    if (cause != null && !(cause instanceof ConnectionLostException)) {
      return CompletableFuture.failedFuture(cause);
    }
    return session.exists(ready).thenApply(stat -> stat.map(Stat::czxid).orElse(0L));
  }

  /**
   * There is a mark that is older than this member. If others are older still, it is of a round
   * that goes on; else a crash has left it behind.
   */
  private void passOrTidy(Created mine, long markZxid) {
    session
        .getChildren(path)
        .thenCompose(
            outcome -> {
              List<CompletableFuture<Optional<Stat>>> all = new ArrayList<>();
              names(outcome).forEach(name -> all.add(session.exists(Paths.child(path, name))));
              return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                  .thenApply(
                      done ->
                          all.stream()
                              .flatMap(one -> one.join().stream())
                              .anyMatch(stat -> stat.czxid() < markZxid));
            })
        .thenCompose(
            goesOn ->
                goesOn
                    ? CompletableFuture.completedFuture(true)
                    : session.deleteSurely(ready).thenApply(tidied -> false))
        .whenComplete(
            (goesOn, failure) -> {
              if (isOfThePast(mine)) {
                return;
              }
              if (goesOn == null) {
                failed(failure);
              } else if (goesOn) {
                passed(markZxid);
              } else {
                look(mine);
              }
            });
  }

  private void passed(long markZxid) {
    readyZxid = markZxid;
    over = true;
    stopWatching();
    result.complete(null);
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (over) {
      return;
    }
    if (Await.isOnlyTheSession(client, cause)) {
      come();
      return;
    }
    over = true;
    stopWatching();
    result.completeExceptionally(cause);
    if (!(cause instanceof SessionEndedException)) {
      takeBack();
    }
  }
}
