package conclave.replica;

import conclave.state.Watcher;

/** A connection, as the replica knows it: somebody to answer, and somebody who watches. */
public interface Client extends Watcher {

  /**
   * Takes what the client must learn, in the order in which it must learn it. Called on the
   * replica's thread, also with the tree locked: must only put it somewhere. What was put is looked
   * at, at the latest, after {@link Host#flushClients}.
   */
  void deliver(Delivery delivery);
}
