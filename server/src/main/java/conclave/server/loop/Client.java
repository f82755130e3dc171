package conclave.server.loop;

import conclave.state.Watcher;

/** A connection, as the replica knows it: somebody to answer, and somebody who watches. */
public interface Client extends Watcher {

  /** The way to this connection's event loop. */
  Outbox outbox();
}
