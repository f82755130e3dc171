package conclave.replica;

import conclave.state.WatchEvent;
import conclave.state.Watcher;
import java.util.List;

/**
 * What the replica hands back to a connection, in the order in which its client must learn of it.
 * Every {@link Submission} and every {@link Attach} comes back exactly once, also to a connection
 * that has ended.
 */
public sealed interface Delivery
    permits Submission, Attach, Delivery.Event, Delivery.Events, Delivery.Close {

  /** Whose it is. */
  Client client();

  /** A watch of the client has fired. */
  record Event(Client client, WatchEvent event) implements Delivery {}

  /**
   * A watch of each of them has fired; they are all of one watch table. Made only by clients that
   * share a way on which they are told, see {@link Client#deliverToAll}.
   *
   * @param client the first of them
   */
  record Events(Client client, WatchEvent event, List<Watcher> watchers) implements Delivery {}

  /** The client's session is over, or has moved to another connection: close without a word. */
  record Close(Client client) implements Delivery {}
}
