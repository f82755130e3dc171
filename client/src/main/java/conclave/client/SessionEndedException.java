package conclave.client;

/** The session is over, and with it this client. Connect a new one. */
public final class SessionEndedException extends ConclaveException {
  private final SessionState state;

  SessionEndedException(SessionState state) {
    super("the session has ended: " + state);
    this.state = state;
  }

  /** How it ended: one of the states that are final. */
  public SessionState state() {
    return state;
  }
}
