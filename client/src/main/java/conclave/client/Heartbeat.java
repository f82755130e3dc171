package conclave.client;

import java.util.concurrent.TimeUnit;

/**
 * When to say something so that the server keeps the session, when to ask whether the server is
 * still there, and when to look for another one. Knows no clock: times are given, in nanoseconds.
 *
 * <p>A server that has said nothing for a sixth of the session timeout is pinged, and it is left
 * when it has not said a word for another sixth. That leaves two thirds of the session's life,
 * which is time for two more servers that do not answer either. Apache's client asks after a third
 * and leaves after two: by then one more silent server costs the session.
 *
 * <p>Leaving too early is a fault too: a server that stands still for a moment, because it collects
 * garbage or its machine is busy, would lose all its clients at once, and whoever holds a lock
 * would pause. So there is a second for the answer at the least, which comes into play with
 * timeouts under six seconds, and no more than half the timeout, which is all that one under two
 * seconds has.
 */
final class Heartbeat {
  /** Apache's client pings at least this often, however long the session timeout. */
  private static final long MAX_PING_INTERVAL_MS = 10_000;

  private static final long MIN_PATIENCE_MS = 1_000;

  private final long askAfterNanos;
  private final long patienceNanos;
  private final long sayAfterNanos;
  private final long leaveAfterNanos;
  private long heardNanos;
  private long saidNanos;
  private long askedNanos;

  /** Whether a ping was sent since anything was heard. */
  private boolean asked;

  Heartbeat(int sessionTimeoutMs, long nowNanos) {
    long timeout = TimeUnit.MILLISECONDS.toNanos(sessionTimeoutMs);
    long mostBetweenPings = TimeUnit.MILLISECONDS.toNanos(MAX_PING_INTERVAL_MS);
    this.askAfterNanos = Math.min(timeout / 6, mostBetweenPings);
    this.patienceNanos =
        Math.min(
            Math.max(timeout / 3 - askAfterNanos, TimeUnit.MILLISECONDS.toNanos(MIN_PATIENCE_MS)),
            timeout / 2);
    this.sayAfterNanos = Math.min(timeout / 3, mostBetweenPings);
    this.leaveAfterNanos = timeout * 2 / 3;
    this.heardNanos = nowNanos;
    this.saidNanos = nowNanos;
  }

  /** Some bytes came. */
  void heard(long nowNanos) {
    heardNanos = nowNanos;
    asked = false;
  }

  /** Something was sent. */
  void said(long nowNanos) {
    saidNanos = nowNanos;
  }

  /** A ping was sent. */
  void pinged(long nowNanos) {
    if (!asked) {
      asked = true;
      askedNanos = nowNanos;
    }
    said(nowNanos);
  }

  long silentMs(long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(nowNanos - heardNanos);
  }

  /**
   * Whether the server is to be left. Counts from the ping, so that a client which stood still
   * itself does not take that for the server's silence; but not so long that the session would be
   * over by this client's clock before it has been told that there is no connection.
   */
  boolean isTimeToLeave(long nowNanos) {
    return nowNanos - heardNanos >= leaveAfterNanos
        || asked && nowNanos - askedNanos >= patienceNanos;
  }

  /** Whether a ping is due: to hear something, or since the server has heard nothing for long. */
  boolean isTimeToPing(long nowNanos) {
    return !asked && nowNanos - heardNanos >= askAfterNanos
        || nowNanos - saidNanos >= sayAfterNanos;
  }

  /** In how many nanoseconds one of the two can be true at the earliest; at least one. */
  long nextLookNanos(long nowNanos) {
    long silence = asked ? askedNanos + patienceNanos : heardNanos + askAfterNanos;
    long next =
        Math.min(
            Math.min(silence - nowNanos, saidNanos + sayAfterNanos - nowNanos),
            heardNanos + leaveAfterNanos - nowNanos);
    return Math.max(next, 1);
  }
}
