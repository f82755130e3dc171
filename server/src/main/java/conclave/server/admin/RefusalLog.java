package conclave.server.admin;

import java.net.SocketAddress;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/**
 * Tells of those who were hung up on: one line a second at most, which counts those that went
 * untold. Whoever floods the server does not flood its log.
 */
public final class RefusalLog {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final Logger log;
  private final LongSupplier nanos;
  private long nextNanos;
  private boolean first = true;
  private long untold;

  /**
   * @param nanos monotonic time
   */
  public RefusalLog(Logger log, LongSupplier nanos) {
    this.log = log;
    this.nanos = nanos;
  }

  public synchronized void refused(String what, SocketAddress remote) {
    if (isDue()) {
      log.warn("Hung up on {}: {}.{}", remote, what, others());
    }
  }

  public synchronized void failed(Throwable cause, SocketAddress remote) {
    if (isDue()) {
      log.error("Hung up on {} for a failure of our own.{}", remote, others(), cause);
    }
  }

  private boolean isDue() {
    long now = nanos.getAsLong();
    if (!first && now - nextNanos < 0) {
      untold++;
      return false;
    }
    first = false;
    nextNanos = now + INTERVAL_NANOS;
    return true;
  }

  private String others() {
    long count = untold;
    untold = 0;
    return count == 0 ? "" : " And on " + count + " more since the last such line.";
  }
}
