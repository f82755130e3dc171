package conclave.server.loop;

import conclave.replica.Replica;

/** Something that the replica is to hear of: from a peer, a timer, or somebody who asks. */
@FunctionalInterface
public interface Input {

  /** Called on the replica's thread, in the middle of a batch. */
  void into(Replica replica);
}
