package conclave.recipes;

import conclave.client.ConclaveException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** For code that rather waits than being called back. */
final class Waiting {
  private Waiting() {}

  /** Waits, and throws what the future failed with as it is. An interrupt cancels the future. */
  static <T> T forResult(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.cancel(false);
      throw e;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConclaveException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
