package conclave.client;

/**
 * No answer came within the time that the request was given. If it had been sent, a write may or
 * may not have been done.
 */
public final class DeadlineException extends ConclaveException {
  DeadlineException(String message) {
    super(message);
  }
}
