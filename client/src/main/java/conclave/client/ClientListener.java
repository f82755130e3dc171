package conclave.client;

/**
 * Is told what happens without being asked for. Runs on the client's own thread and must not block
 * it.
 */
public interface ClientListener {
  /** Listens to nothing. */
  ClientListener NONE = new ClientListener() {};

  /** A watch saw a change. It comes before any reply that shows the change. */
  default void watchFired(WatchEvent event) {}

  /** The session is now in another state. */
  default void sessionChanged(SessionState state) {}
}
