package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.ConnectionLostException;
import conclave.client.DeadlineException;
import conclave.client.Registration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What to do about failures that have to do with the connection and not with the request. */
final class Trouble {
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);

  private Trouble() {}

  /** Whether a later attempt may have another answer, and this one may have been done. */
  static boolean isPassing(Throwable cause) {
    return cause instanceof ConnectionLostException || cause instanceof DeadlineException;
  }

  /** Repeats a step that may be done twice until it has an answer, or never can have one. */
  static <T> CompletableFuture<T> untilAnswered(
      ConclaveClient client, Supplier<CompletableFuture<T>> step) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    attempt(client, step, answer);
    return answer;
  }

  private static <T> void attempt(
      ConclaveClient client, Supplier<CompletableFuture<T>> step, CompletableFuture<T> answer) {
    step.get()
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                answer.complete(result);
                return;
              }
              Throwable cause = ConclaveException.causeOf(failure);
              if (answer.isDone() || !isPassing(cause)) {
                answer.completeExceptionally(cause);
              } else {
                later(client, RETRY_AFTER, () -> attempt(client, step, answer), answer);
              }
            });
  }

  /** Runs a task after a while; when there is no later for this client, the future fails. */
  static void later(
      ConclaveClient client, Duration delay, Runnable task, CompletableFuture<?> waiting) {
    try {
      client.schedule(task, delay);
    } catch (RejectedExecutionException e) {
      waiting.completeExceptionally(e);
    }
  }

  /**
   * Runs a task on the client's thread. When the client is closed, which stops its thread, the
   * future fails as every request would.
   */
  static void onItsThread(ConclaveClient client, CompletableFuture<?> waiting, Runnable task) {
    client.executor().execute(task);
    if (client.isEnded()) {
      client
          .sync("/")
          .whenComplete(
              (synced, failure) ->
                  waiting.completeExceptionally(ConclaveException.causeOf(failure)));
    }
  }

  /** Tells once when there will be no session any more, with what every request fails with. */
  static Registration onEnd(ConclaveClient client, Consumer<Throwable> ended) {
    return client.onSession(
        event -> {
          if (client.isEnded()) {
            client
                .exists("/")
                .whenComplete((stat, failure) -> ended.accept(ConclaveException.causeOf(failure)));
          }
        });
  }
}
