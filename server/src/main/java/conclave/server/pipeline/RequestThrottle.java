package conclave.server.pipeline;

import conclave.server.config.ServerConfig;

/**
 * How many requests may be in process, and what becomes of those that have to wait: Apache's
 * request throttler ({@code request_throttle_max_requests} and its kin). Immutable.
 *
 * <p>Apache has one queue for all requests and a thread that stalls in front of the limit. Here a
 * request waits in its connection's own order; reads that wait for nobody are answered at once and
 * count for nothing.
 */
public final class RequestThrottle {
  private final ServerConfig.RequestThrottle config;
  private final int perLoop;

  /**
   * @param loops event loops, which share the limit evenly; each may have one request in process
   */
  public RequestThrottle(ServerConfig.RequestThrottle config, int loops) {
    this.config = config;
    this.perLoop =
        config.maxRequests() > 0 ? Math.max(1, config.maxRequests() / loops) : Integer.MAX_VALUE;
  }

  /** Whether there is a limit at all. */
  public boolean isOn() {
    return config.maxRequests() > 0;
  }

  /** Whether a loop that has so many requests in process may begin no more. */
  public boolean isFull(int inProcess) {
    return inProcess >= perLoop;
  }

  /** Whether a request that has waited for so long is answered with THROTTLEDOP. */
  public boolean refuses(long waitedMs) {
    return config.throttledOpWaitTimeMs() > 0 && waitedMs > config.throttledOpWaitTimeMs();
  }

  /** Whether nobody can want the answer any more, because the client's session is over by then. */
  public boolean isStale(long waitedMs, int sessionTimeoutMs) {
    return config.staleLatencyCheck() && waitedMs > sessionTimeoutMs;
  }

  /** Whether a stale request is dropped, and the connection that it came by with it. */
  public boolean dropsStale() {
    return config.dropStale();
  }

  /** Whether what waits is forgotten when its connection is closed. */
  public boolean dropsWithConnection() {
    return config.dropStale() && config.staleConnectionCheck();
  }
}
