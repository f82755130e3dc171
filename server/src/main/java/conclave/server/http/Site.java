package conclave.server.http;

/** Makes the pages of one port, on the thread for that; it may take its time. */
interface Site {

  /** What to show for a request. */
  Page show(Visit visit);

  /** Whether a request's body goes to {@link #receive}; any thread. */
  default boolean takesBody(Visit visit) {
    return false;
  }

  /** Begins to take a body, or refuses it. */
  default Reception receive(Visit visit) {
    return Page.WRONG_METHOD;
  }
}
