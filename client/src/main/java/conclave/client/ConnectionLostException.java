package conclave.client;

/**
 * No answer came. The session may live on, and the client reconnects by itself; a write that had
 * been sent may or may not have been done.
 */
public final class ConnectionLostException extends ConclaveException {
  ConnectionLostException(String message) {
    super(message);
  }
}
