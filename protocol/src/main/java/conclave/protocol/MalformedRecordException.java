package conclave.protocol;

/**
 * The bytes at hand are not the record that they should be.
 *
 * <p>Carries no stack trace: hostile bytes arrive at the rate of the network, and the message names
 * all that matters.
 */
public final class MalformedRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedRecordException(String message) {
    super(message, null, false, false);
  }
}
