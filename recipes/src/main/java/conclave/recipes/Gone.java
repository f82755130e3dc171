package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Outcome;
import conclave.client.WatchEvent;
import conclave.protocol.EventType;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Waits until a znode does not exist, through lost connections and sessions. Cancelling the future
 * takes the watch back.
 */
final class Gone {
  private final ConclaveClient client;
  private final String path;
  private final CompletableFuture<Void> result = new CompletableFuture<>();
  private @Nullable CompletableFuture<WatchEvent> awaited;

  private Gone(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
  }

  static CompletableFuture<Void> await(ConclaveClient client, String path) {
    Gone gone = new Gone(client, path);
    gone.result.whenComplete(
        (done, failure) -> {
          if (gone.result.isCancelled()) {
            client.executor().execute(gone::forget);
          }
        });
    if (client.isEnded()) {
      gone.look();
    } else {
      client.executor().execute(gone::look);
    }
    return gone.result;
  }

  /**
   * The same for what others have made: a server that lags behind may not have heard of it yet, and
   * is asked to catch up first.
   */
  static CompletableFuture<Void> awaitSynced(ConclaveClient client, String path) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    Trouble.untilAnswered(client, () -> client.sync(path))
        .whenComplete(
            (synced, failure) -> {
              if (failure != null) {
                result.completeExceptionally(ConclaveException.causeOf(failure));
              } else if (!result.isDone()) {
                follow(await(client, path), result);
              }
            });
    return result;
  }

  private static void follow(CompletableFuture<Void> gone, CompletableFuture<Void> result) {
    result.whenComplete((done, failure) -> gone.cancel(false));
    gone.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            result.complete(null);
          } else {
            result.completeExceptionally(ConclaveException.causeOf(failure));
          }
        });
  }

  /** True when it completes in time; otherwise false, and it is cancelled. */
  static CompletableFuture<Boolean> limit(
      ConclaveClient client, CompletableFuture<?> unlimited, Duration within) {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    if (client.isEnded()) {
      return unlimited.thenApply(done -> true);
    }
    var timer = client.schedule(() -> unlimited.cancel(false), within);
    unlimited.whenComplete(
        (done, failure) -> {
          timer.close();
          if (failure == null) {
            result.complete(true);
          } else if (unlimited.isCancelled()) {
            result.complete(false);
          } else {
            result.completeExceptionally(ConclaveException.causeOf(failure));
          }
        });
    result.whenComplete(
        (done, failure) -> {
          if (result.isCancelled()) {
            unlimited.cancel(false);
          }
        });
    return result;
  }

  private void look() {
    if (result.isDone()) {
      return;
    }
    // Not by asking whether it exists: that would leave a watch where nothing is.
    Await.inOneSession(client)
        .getDataAndWatch(path)
        .whenComplete(
            (outcome, failure) -> {
              if (outcome instanceof Outcome.Done<?> && !result.isDone()) {
                await(outcome.orThrow().event());
              } else if (outcome instanceof Outcome.Done<?>) {
                outcome.orThrow().event().cancel(false);
              } else if (outcome != null) {
                result.complete(null);
              } else {
                failed(failure);
              }
            });
  }

  private void await(CompletableFuture<WatchEvent> event) {
    awaited = event;
    event.whenComplete(
        (happened, failure) -> {
          awaited = null;
          if (happened == null) {
            failed(failure);
          } else if (happened.type() == EventType.NODE_DELETED) {
            result.complete(null);
          } else {
            look();
          }
        });
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (Await.isOnlyTheSession(client, cause)) {
      look();
    } else {
      result.completeExceptionally(cause);
    }
  }

  private void forget() {
    CompletableFuture<WatchEvent> event = awaited;
    if (event != null) {
      event.cancel(false);
    }
  }
}
