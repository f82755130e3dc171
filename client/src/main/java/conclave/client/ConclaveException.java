package conclave.client;

/**
 * Why a future of the client failed. There are three kinds, because there are three things a caller
 * can do.
 */
public abstract sealed class ConclaveException extends RuntimeException
    permits RefusedException, ConnectionLostException, SessionEndedException {

  ConclaveException(String message) {
    // Thrown on the event loop, whose stack says nothing about who asked.
    super(message, null, false, false);
  }
}
