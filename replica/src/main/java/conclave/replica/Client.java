package conclave.replica;

import conclave.state.WatchEvent;
import conclave.state.Watcher;
import java.util.List;

/** A connection, as the replica knows it: somebody to answer, and somebody who watches. */
public interface Client extends Watcher {

  /**
   * Takes what the client must learn, in the order in which it must learn it. Called on the
   * replica's thread, also with the tree locked: must only put it somewhere. What was put is looked
   * at, at the latest, after {@link Host#flushClients}.
   */
  void deliver(Delivery delivery);

  /**
   * A watch of each of these clients has fired, of which this is one; as {@link #deliver} of an
   * event to each.
   *
   * @param watchers clients in the same watch table as this one
   */
  default void deliverToAll(WatchEvent event, List<Watcher> watchers) {
    for (Watcher watcher : watchers) {
      Client client = (Client) watcher;
      client.deliver(new Delivery.Event(client, event));
    }
  }
}
