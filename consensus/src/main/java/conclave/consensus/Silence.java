package conclave.consensus;

/**
 * When the other end of a link that is in use is given up. A member that has lost its quorum must
 * have stopped answering when syncLimit is over, so it decides a little earlier: what is left is
 * for waking up and for hanging up on the clients. Apache's servers ask and answer twice in a tick,
 * as ours do, so nobody who is well is silent for nearly as long.
 */
final class Silence {
  /** Of a tick: late enough to matter to nobody, and much more than a thread that is busy needs. */
  private static final int PARTS = 10;

  private Silence() {}

  static long limitMs(int tickTimeMs, int syncLimitTicks) {
    return (long) tickTimeMs * syncLimitTicks - Math.max(1, tickTimeMs / PARTS);
  }
}
