package conclave.server.pipeline;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all clients together leave unread, held to a bound. Each of them has its own bound; this is
 * for many of them at once. Safe for any thread.
 */
public final class UnreadBytes {
  private final long most;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param most bytes for all of them
   */
  public UnreadBytes(long most) {
    this.most = most;
  }

  /** So many more bytes are unread, or fewer when negative. */
  public void add(long delta) {
    bytes.addAndGet(delta);
  }

  /** Whether somebody has to go. */
  public boolean areTooMany() {
    return bytes.get() > most;
  }

  public long most() {
    return most;
  }
}
