package conclave.state;

/** What an operator may want to know; the state machine itself keeps no log. */
public interface Notices {

  /** Tells nobody. */
  Notices NONE = new Notices() {};

  /** A request was let pass (soft) or refused (hard) that takes the tree over a quota. */
  default void quotaExceeded(String prefix, String what, boolean hard, long wouldBe, long limit) {}

  /** The tree after a transaction doesn't sum up to what the transaction's maker had. */
  default void digestMismatch(long zxid, long expected, long actual) {}
}
