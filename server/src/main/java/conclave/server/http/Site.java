package conclave.server.http;

/** Makes the pages of one port, on the thread for that; it may take its time. */
public interface Site {

  /** What to show for a request. */
  Page show(Visit visit);
}
