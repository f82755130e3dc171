package conclave.server.transport;

import conclave.server.loop.Clock;
import java.net.SocketAddress;
import org.slf4j.Logger;

/**
 * Tells of clients that were hung up on: one line a second at most, which counts those that went
 * untold. Whoever floods the server does not flood its log.
 */
final class RefusalLog {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final Logger log;
  private final Clock clock;
  private long nextNanos;
  private boolean first = true;
  private long untold;

  RefusalLog(Logger log, Clock clock) {
    this.log = log;
    this.clock = clock;
  }

  synchronized void refused(String what, SocketAddress remote) {
    if (isDue()) {
      log.warn("Hung up on {}: {}.{}", remote, what, others());
    }
  }

  synchronized void failed(Throwable cause, SocketAddress remote) {
    if (isDue()) {
      log.error("Hung up on {} for a failure of our own.{}", remote, others(), cause);
    }
  }

  private boolean isDue() {
    long now = clock.nanos();
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
