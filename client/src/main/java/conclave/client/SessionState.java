package conclave.client;

/** How a session stands. */
public enum SessionState {
  /** Requests travel. */
  CONNECTED,
  /** Reads travel; the server has lost its quorum and refuses writes. */
  CONNECTED_READ_ONLY,
  /**
   * No connection; the client is looking for one, and ephemeral znodes live until the session times
   * out.
   */
  DISCONNECTED,
  /**
   * The server gave up on the session: its ephemeral znodes and watches are gone, and this client
   * with them.
   */
  EXPIRED,
  /** A server refused the credentials; the client is at its end. */
  AUTH_FAILED,
  /** Closed by its owner. */
  CLOSED;

  /** Whether nothing can come after this. */
  public boolean isFinal() {
    return this == EXPIRED || this == AUTH_FAILED || this == CLOSED;
  }
}
