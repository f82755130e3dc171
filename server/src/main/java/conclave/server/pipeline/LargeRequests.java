package conclave.server.pipeline;

import conclave.server.config.ServerConfig;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of large requests that are in process, held to {@code largeRequestMaxBytes} in all. A
 * request is large from {@code largeRequestThreshold} on. Safe for any thread.
 */
public final class LargeRequests {
  private final int threshold;
  private final long maxBytes;
  private final AtomicLong bytes = new AtomicLong();

  public LargeRequests(ServerConfig.Limits limits) {
    // Apache takes 0 for off, like -1.
    this.threshold = limits.largeRequestThresholdBytes();
    this.maxBytes = limits.largeRequestMaxBytes();
  }

  public boolean isLarge(int length) {
    return threshold > 0 && length > threshold;
  }

  /** Whether a request of that length would be taken now; asked before all of it has come. */
  public boolean hasRoomFor(int length) {
    return !isLarge(length) || bytes.get() + length <= maxBytes;
  }

  /** Counts a large request in; false when there is no room for it. */
  public boolean take(int length) {
    if (bytes.addAndGet(length) <= maxBytes) {
      return true;
    }
    bytes.addAndGet(-length);
    return false;
  }

  /** Counts out what {@link #take} has counted in. */
  public void release(int length) {
    bytes.addAndGet(-length);
  }
}
