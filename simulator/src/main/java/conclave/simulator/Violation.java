package conclave.simulator;

/**
 * A promise was broken. Ends the run; an Error, so that nothing on the way takes it for its own.
 */
public final class Violation extends Error {
  private static final long serialVersionUID = 1L;

  private final String promise;

  public Violation(String promise, String what) {
    super(promise + ": " + what);
    this.promise = promise;
  }

  Violation(String promise, String what, Throwable cause) {
    super(promise + ": " + what, cause);
    this.promise = promise;
  }

  /** Which promise, in a few words that are the same for all violations of it. */
  public String promise() {
    return promise;
  }
}
