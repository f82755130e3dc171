package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.SessionEndedException;
import conclave.client.SessionState;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/** Await for futures, and the time that a recipe's requests may take. */
final class Await {
  /**
   * Requests of a recipe end with their session, not before: one that was given up on half-way
   * could leave a znode behind that nobody knows of.
   */
  private static final Duration AS_LONG_AS_THE_SESSION = Duration.ofDays(10_000);

  private Await() {}

  /** The client, bound to its session of now, with requests that end only with it. */
  static ConclaveClient inOneSession(ConclaveClient client) {
    return client.inThisSession().within(AS_LONG_AS_THE_SESSION);
  }

  /**
   * Waits. An interrupt cancels the future.
   *
   * @param giveBack what to do with a result that came while it was cancelled
   */
  static <T> T await(ConclaveClient client, CompletableFuture<T> future, Consumer<T> giveBack)
      throws InterruptedException {
    if (client.isOnItsThread()) {
      throw new IllegalStateException(
          "waiting on the client's own thread, which would have to bring what is waited for");
    }
    try {
      return future.get();
    } catch (InterruptedException e) {
      if (!future.cancel(false)) {
        future.thenAccept(giveBack);
      }
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new CompletionException(e.getCause());
    }
  }

  /** Waits, unless that would be on the thread that brings what is waited for. */
  static void awaitElsewhere(ConclaveClient client, CompletableFuture<?> future) {
    if (!client.isOnItsThread()) {
      future.join();
    }
  }

  /** Whether the failure is that of one session, while the client goes on with another. */
  static boolean isOnlyTheSession(ConclaveClient client, Throwable cause) {
    return cause instanceof SessionEndedException ended
        && ended.state() == SessionState.LOST
        && !client.isEnded();
  }
}
