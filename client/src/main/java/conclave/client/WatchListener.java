package conclave.client;

/** Is told what a watch that stays sees. Runs on the client's own thread and must not block it. */
public interface WatchListener {
  /** A change. It comes before any reply that shows the change. */
  void changed(WatchEvent event);

  /**
   * The connection was lost and the watch is set again: changes in between were not told, since a
   * server keeps none for watches that stay.
   */
  default void mayHaveMissed() {}
}
