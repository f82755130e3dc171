package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Registration;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Attempts until one is let in: whoever loses the session or the znode while waiting begins again,
 * behind those who wait by then. Whoever cancels the future gives up, and what was made for it
 * goes.
 */
final class Acquisition extends CompletableFuture<Held> {
  private final ConclaveClient client;
  private final Supplier<? extends Attempt> attempts;

  /** Belongs to the client's thread. */
  private @Nullable Attempt current;

  private Acquisition(ConclaveClient client, Supplier<? extends Attempt> attempts) {
    this.client = client;
    this.attempts = attempts;
  }

  /**
   * @param attempts begins one, on the client's thread
   */
  static Acquisition start(ConclaveClient client, Supplier<? extends Attempt> attempts) {
    Acquisition started = new Acquisition(client, attempts);
    if (client.isEnded()) {
      // Any request says how it has ended.
      client.exists(Paths.ROOT).whenComplete((found, failure) -> started.ended(null, failure));
    } else {
      client.executor().execute(started::attempt);
    }
    return started;
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    boolean cancelled = super.cancel(mayInterrupt);
    if (cancelled && !client.isEnded()) {
      client.executor().execute(this::giveUp);
    }
    return cancelled;
  }

  /** For one that was cancelled or has failed: completes when nothing of it is left behind. */
  CompletableFuture<Void> left() {
    if (client.isEnded()) {
      // Its thread may be gone too, and the znode goes with the session.
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.supplyAsync(this::giveUp, client.executor())
        .thenCompose(Function.identity());
  }

  /** The same for a limited time; empty when that was not enough. */
  static CompletableFuture<Optional<Held>> startWithin(
      ConclaveClient client, Supplier<? extends Attempt> attempts, Duration within) {
    CompletableFuture<Optional<Held>> result = new CompletableFuture<>();
    CompletableFuture<Held> unlimited = start(client, attempts);
    if (client.isEnded()) {
      return unlimited.thenApply(Optional::of);
    }
    Registration timer =
        within.isZero() ? () -> {} : client.schedule(() -> unlimited.cancel(false), within);
    unlimited.whenComplete(
        (held, failure) -> {
          timer.close();
          if (held != null) {
            if (!result.complete(Optional.of(held))) {
              held.release();
            }
          } else if (unlimited.isCancelled() || wouldWait(failure)) {
            result.complete(Optional.empty());
          } else {
            result.completeExceptionally(ConclaveException.causeOf(failure));
          }
        });
    result.whenComplete(
        (held, failure) -> {
          if (result.isCancelled()) {
            unlimited.cancel(false);
          }
        });
    return result;
  }

  private void attempt() {
    if (isDone()) {
      return;
    }
    Attempt next = attempts.get();
    current = next;
    next.granted().whenComplete(this::ended);
  }

  private void ended(@Nullable Held held, @Nullable Throwable failure) {
    if (held != null) {
      if (!complete(held)) {
        held.release();
      }
      return;
    }
    Throwable cause = ConclaveException.causeOf(failure);
    if (canDoBetter(cause)) {
      attempt();
    } else {
      completeExceptionally(cause);
    }
  }

  private boolean canDoBetter(Throwable cause) {
    return Await.isOnlyTheSession(client, cause)
        || cause instanceof Attempt.SetbackException setback
            && setback.setback() == Attempt.Setback.ZNODE_DELETED;
  }

  private static boolean wouldWait(@Nullable Throwable failure) {
    return ConclaveException.causeOf(failure) instanceof Attempt.SetbackException;
  }

  private CompletableFuture<Void> giveUp() {
    Attempt last = current;
    return last == null ? CompletableFuture.completedFuture(null) : last.leave();
  }
}
