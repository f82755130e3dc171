package conclave.consensus;

import conclave.protocol.Notification;
import conclave.protocol.ServerState;

/** What an {@link Election} does to the world. Called from within its methods, on their thread. */
public interface ElectionPort {

  /**
   * Sends to another server, over its election connection. May lose it: of several that wait for a
   * connection only the last one matters. Must not call the election.
   */
  void send(long server, Notification notification);

  /**
   * The election is over, for this server. It is the last thing that a method of the election does,
   * so the election may be called from here.
   *
   * @param state LEADING; or FOLLOWING or OBSERVING {@code leader}, which may not know yet that it
   *     leads, and may turn out not to. It may still wait for a better vote ({@link
   *     ElectionSettings#finalizeWaitMs}), so who is refused by it should try again for longer than
   *     that: a new round makes it wait anew.
   */
  void decided(ServerState state, long leader, Vote vote);
}
