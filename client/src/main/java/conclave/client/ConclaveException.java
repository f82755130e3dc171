package conclave.client;

import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Why a future of the client failed. There are few kinds, because there are few things a caller can
 * do.
 */
public abstract sealed class ConclaveException extends RuntimeException
    permits RefusedException, ConnectionLostException, DeadlineException, SessionEndedException {

  ConclaveException(String message) {
    // Thrown on the event loop, whose stack says nothing about who asked.
    super(message, null, false, false);
  }

  /**
   * What a future failed with, without the wrapping that a chain of futures adds: for the second
   * argument of {@code handle} and {@code whenComplete}. It takes null, which stands there when
   * there was a result, because whoever asks has looked at the result first and knows that there
   * was none.
   */
  public static Throwable causeOf(@Nullable Throwable failure) {
    if (failure instanceof CompletionException wrapped && wrapped.getCause() != null) {
      return wrapped.getCause();
    }
    return failure == null ? new IllegalStateException("neither result nor failure") : failure;
  }
}
