package conclave.client;

/** How a session stands. {@link ConclaveClient#onSession} tells of every change. */
public enum SessionState {
  /** Requests travel. */
  CONNECTED,
  /** Reads travel; the server has lost its quorum and refuses writes. */
  CONNECTED_READ_ONLY,
  /**
   * No connection: the session may or may not live, and its ephemeral znodes with it. Who acts in
   * the name of an ephemeral znode, as the holder of a lock does, had better pause. Comes when the
   * server has not been heard for a third of the session timeout; with one below six seconds
   * somewhat later, up to two thirds of it, so that a short pause is not taken for the end.
   */
  SUSPENDED,
  /**
   * The session is over: its ephemeral znodes are gone or about to go, watches that fire once have
   * failed. Comes when a server says so, or when nothing that was sent within the last session
   * timeout was answered, whichever is first; so, as long as clocks run at the same speed, never
   * later than any server can give the session up. Unless told otherwise, the client begins a new
   * session, and is CONNECTED again with another session id.
   */
  LOST,
  /** A server refused the credentials; the client is at its end. */
  AUTH_FAILED,
  /** Closed by its owner. */
  CLOSED;

  /** Whether reads are answered. */
  public boolean isConnected() {
    return this == CONNECTED || this == CONNECTED_READ_ONLY;
  }
}
