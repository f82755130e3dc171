package conclave.failover;

/** A controller can't be asked, or will not do what it was asked for; the message says why. */
public final class ControlException extends Exception {
  private static final long serialVersionUID = 1L;

  ControlException(String message) {
    super(message);
  }

  ControlException(String message, Throwable cause) {
    super(message, cause);
  }
}
