package conclave.server.quorum;

/** The way from the network to the replica's thread. Called on the network's thread alone. */
public interface QuorumInbox {

  /** Puts it behind all that was put before. Must not block. */
  void put(QuorumInput input);

  /** There is something to look at. Once for all that came in together. */
  void wake();
}
