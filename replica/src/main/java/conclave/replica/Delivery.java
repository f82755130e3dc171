package conclave.replica;

import conclave.state.WatchEvent;

/**
 * What the replica hands back to a connection, in the order in which its client must learn of it.
 * Every {@link Submission} and every {@link Attach} comes back exactly once, also to a connection
 * that has ended.
 */
public sealed interface Delivery permits Submission, Attach, Delivery.Event, Delivery.Close {

  /** Whose it is. */
  Client client();

  /** A watch of the client has fired. */
  record Event(Client client, WatchEvent event) implements Delivery {}

  /** The client's session is over, or has moved to another connection: close without a word. */
  record Close(Client client) implements Delivery {}
}
