package conclave.server.quorum;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of what a connection has sent the replica has not looked at. Beyond a limit the
 * connection is not read any more, so that nobody can fill the memory with what he sends.
 */
public final class Credit {
  private final long limit;
  private final Runnable resume;
  private final AtomicLong owed = new AtomicLong();
  private final AtomicBoolean paused = new AtomicBoolean();

  /**
   * @param resume called, on any thread, when reading may go on
   */
  Credit(long limit, Runnable resume) {
    this.limit = limit;
    this.resume = resume;
  }

  /** The reader's side; whether it is to stop reading until {@code resume} is called. */
  boolean take(long amount) {
    if (owed.addAndGet(amount) <= limit) {
      return false;
    }
    paused.set(true);
    // What was given back before the flag was up has not called anybody.
    return !(owed.get() <= limit / 2 && paused.compareAndSet(true, false));
  }

  /** The replica's side. */
  void giveBack(long amount) {
    if (owed.addAndGet(-amount) <= limit / 2 && paused.get() && paused.compareAndSet(true, false)) {
      resume.run();
    }
  }
}
