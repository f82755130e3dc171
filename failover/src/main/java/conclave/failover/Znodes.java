package conclave.failover;

/**
 * The port to the ensemble: carries out those actions of a {@link FailoverMachine} that concern
 * sessions and znodes, and reports what comes of them. Never blocks, and reports in the order in
 * which things happened.
 */
interface Znodes extends AutoCloseable {
  void carryOut(Action action);

  /** Ends all sessions, and waits a moment for the ensemble to know. */
  @Override
  void close();
}
