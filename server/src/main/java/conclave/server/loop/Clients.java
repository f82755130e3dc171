package conclave.server.loop;

import conclave.replica.Serving;
import java.util.Collection;

/** The clients' side of a server, as the replica's thread sees it. */
public interface Clients {

  /** Whom to let in from now on; with {@link Serving#NOBODY} all connections are ended. */
  void serve(Serving whom);

  /** The ways to all event loops. */
  Collection<Outbox> outboxes();
}
