package conclave.client;

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
}
