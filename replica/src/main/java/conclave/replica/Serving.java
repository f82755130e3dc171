package conclave.replica;

/** Whom a member lets in. */
public enum Serving {
  /** Nobody: it has no leader. Clients that are connected are hung up on. */
  NOBODY,
  /** Clients that said they are content with reading, while there is no quorum. */
  READERS,
  /** Everybody. */
  EVERYBODY
}
