package conclave.failover;

/** Where a node stands in the election; the states of Hadoop's ActiveStandbyElector. */
public enum ElectorState {
  /** It takes no part. */
  INIT,
  /** It holds the lock, and its service is active. */
  ACTIVE,
  /** It waits for the lock, or holds it and is about to become active. */
  STANDBY,
  /** It takes part, but has lost touch with the ensemble and does not know who holds the lock. */
  NEUTRAL
}
