package conclave.server.loop;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The right to run the replica, which one thread has at a time. Whoever has it lends it while it
 * writes to the disk: usually it gets it back a moment later, and nobody was woken. When the disk
 * takes long, the thread that stands by takes it, and the replica goes on; the other one stands by
 * when the disk has let it go.
 *
 * <p>What the one has done with the replica the other one sees: each change of hands is a write and
 * a read of one atomic number.
 */
final class Helm {
  /** A disk that takes longer than this is not waited for. */
  static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long LONGEST_SLEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After so many looks at a helm that nobody lends, whoever stands by sleeps until it is lent. */
  private static final int LOOKS = 20;

  private final LongSupplier nanos;
  private final Parker parker = new Parker();

  /** Counts the changes. Even: somebody has it. Odd: it is lent, or nobody has had it yet. */
  private final AtomicLong turn = new AtomicLong(1);

  /** Since when it has been lent; set before {@link #turn} says so. */
  private volatile long lentNanos;

  private volatile boolean over;

  Helm(LongSupplier nanos) {
    this.nanos = nanos;
    this.lentNanos = nanos.getAsLong() - PATIENCE_NANOS;
  }

  /**
   * Waits until this thread has to run the replica. At most one thread may wait.
   *
   * @return false when it is over
   */
  boolean take() {
    long before = turn.get();
    int looks = 0;
    while (!over) {
      long seen = turn.get();
      // In this order: who has lent it anew since is not taken by surprise, as the turn is another.
      if (isLent(seen)
          && nanos.getAsLong() - lentNanos >= PATIENCE_NANOS
          && turn.compareAndSet(seen, seen + 1)) {
        return true;
      }
      looks = seen == before ? looks + 1 : 0;
      before = seen;
      if (isLent(seen) || looks < LOOKS) {
        LockSupport.parkNanos(this, PATIENCE_NANOS);
      } else {
        parker.park(() -> turn.get() != seen || over, LONGEST_SLEEP_NANOS);
      }
    }
    return false;
  }

  private static boolean isLent(long turn) {
    return (turn & 1) == 1;
  }

  /**
   * Who has it may not touch the replica any more, until it has got it back.
   *
   * @return to be given to {@link #takeBack}
   */
  long lend() {
    lentNanos = nanos.getAsLong();
    long lent = turn.incrementAndGet();
    parker.wake();
    return lent;
  }

  /** False when another thread has it now. */
  boolean takeBack(long lent) {
    return turn.compareAndSet(lent, lent + 1);
  }

  /** Who has it says that there is nothing to run any more. */
  void end() {
    over = true;
    parker.wake();
  }
}
