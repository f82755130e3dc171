package conclave.client;

/**
 * The session that the request belonged to is over. After {@link SessionState#LOST} the client
 * lives on with a new session, unless it was told not to.
 */
public final class SessionEndedException extends ConclaveException {
  private final SessionState state;

  SessionEndedException(SessionState state) {
    super("the session has ended: " + state);
    this.state = state;
  }

  /** How it ended: LOST, AUTH_FAILED or CLOSED. */
  public SessionState state() {
    return state;
  }
}
