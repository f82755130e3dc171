package conclave.recipes;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A barrier that a number of members pass together, and leave together: entering is over when all
 * are there, leaving when all have begun to leave. Curator's {@code DistributedDoubleBarrier} can
 * be a member too. An object of this class is one member.
 *
 * <pre>{@code
 * DoubleBarrier step = new DoubleBarrier(client, "/barriers/step-1", 3);
 * step.enter().join();
 * compute();
 * step.leave().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Entering completes when there was a moment at which so many members were
 * there; one that has died counts until its session expires at the servers, and not after that. A
 * member whose session is lost while it waits enters again in the next one. One whose session is
 * lost afterwards counts as having left, whether it has died, stands still or is cut off: leaving
 * completes when every other member has begun to leave or lost its session, so that nobody waits
 * for the dead for longer than a session timeout. There is nothing that one could hold alone, and
 * so no fencing token.
 *
 * <p>More members than the number may enter, as with Curator. A mark of readiness that a crash has
 * left behind is removed by the first member of the next round, unless that is Curator's, which
 * takes it for its own. Each that waits to enter watches the mark and its own znode, each that
 * waits to leave one other member. Thread-safe.
 */
public final class DoubleBarrier {
  static final String READY = "ready";

  private final ConclaveClient client;
  private final String path;
  private final int members;

  private @Nullable Entering entered;

  /**
   * @param members how many have to be there
   */
  public DoubleBarrier(ConclaveClient client, String path, int members) {
    if (members <= 0) {
      throw new IllegalArgumentException("members=" + members + ", but 1 is the least");
    }
    this.client = client;
    this.path = path;
    this.members = members;
  }

  /** Enters; completes when all are there. Cancelling it takes this member back. */
  public synchronized CompletableFuture<Void> enter() {
    Entering next = new Entering(client, path, members);
    entered = next;
    return next.begin();
  }

  /** The same for a limited time; false when not all came, and this member is taken back. */
  public CompletableFuture<Boolean> enter(Duration within) {
    return Gone.limit(client, enter(), within);
  }

  /** Leaves; completes when all have. */
  public CompletableFuture<Void> leave() {
    return leaveAndAwait(new CompletableFuture<>());
  }

  /** The same for a limited time; false when others are still there, though this member is not. */
  public CompletableFuture<Boolean> leave(Duration within) {
    return Gone.limit(client, leave(), within);
  }

  private CompletableFuture<Void> leaveAndAwait(CompletableFuture<Void> result) {
    Entering mine;
    synchronized (this) {
      mine = entered;
      entered = null;
    }
    if (mine == null) {
      throw new IllegalStateException("not entered");
    }
    mine.takeBack()
        .whenComplete(
            (gone, failure) -> {
              Throwable cause = failure == null ? null : ConclaveException.causeOf(failure);
              if (cause == null || Await.isOnlyTheSession(client, cause)) {
                awaitOthers(mine.readyZxid(), result);
              } else {
                result.completeExceptionally(cause);
              }
            });
    return result;
  }

  private void awaitOthers(long readyZxid, CompletableFuture<Void> result) {
    if (result.isDone()) {
      return;
    }
    client
        .getChildren(path)
        .whenComplete(
            (outcome, failure) -> {
              if (outcome == null) {
                againOrFail(failure, () -> awaitOthers(readyZxid, result), result);
                return;
              }
              List<String> left = membersOf(outcome.value().map(Children::names).orElse(List.of()));
              if (left.isEmpty()) {
                removeMark(readyZxid, result);
              } else {
                awaitEndOf(left.get(0), readyZxid, result);
              }
            });
  }

  private void awaitEndOf(String member, long readyZxid, CompletableFuture<Void> result) {
    CompletableFuture<Void> gone = Gone.await(client, Paths.child(path, member));
    result.whenComplete((done, failure) -> gone.cancel(false));
    gone.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            awaitOthers(readyZxid, result);
          } else if (!gone.isCancelled()) {
            result.completeExceptionally(ConclaveException.causeOf(failure));
          }
        });
  }

  /** Only this round's: the next one may have begun. */
  private void removeMark(long readyZxid, CompletableFuture<Void> result) {
    String mark = Paths.child(path, READY);
    client
        .exists(mark)
        .thenCompose(
            found ->
                found.isPresent() && found.get().czxid() == readyZxid
                    ? client.deleteSurely(mark)
                    : CompletableFuture.completedFuture(null))
        .whenComplete(
            (removed, failure) -> {
              if (failure == null) {
                result.complete(null);
              } else {
                againOrFail(failure, () -> removeMark(readyZxid, result), result);
              }
            });
  }

  private void againOrFail(
      @Nullable Throwable failure, Runnable again, CompletableFuture<Void> result) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (Trouble.isPassing(cause) || Await.isOnlyTheSession(client, cause)) {
      again.run();
    } else {
      result.completeExceptionally(cause);
    }
  }

  static List<String> membersOf(List<String> children) {
    return children.stream().filter(child -> !child.equals(READY)).sorted().toList();
  }

  /** Leaves and waits for all others, which may take for ever. */
  public void awaitLeft() throws InterruptedException {
    Await.await(client, leave(), left -> {});
  }

  /** Enters and waits for all others. An interrupt takes this member back. */
  public void awaitEntered() throws InterruptedException {
    Await.await(client, enter(), entered -> {});
  }
}
