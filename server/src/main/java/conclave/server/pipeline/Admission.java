package conclave.server.pipeline;

import conclave.server.config.ServerConfig;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts connections, in all and by address, and holds them to {@code maxCnxns} and {@code
 * maxClientCnxns}. Safe for any thread: it is asked once a connection.
 */
public final class Admission {
  private final int maxPerAddress;
  private final int maxInAll;
  private final ConnectionThrottle throttle;
  private final Map<InetAddress, Integer> byAddress = new HashMap<>();
  private final int maxHandshakes;
  private final AtomicInteger handshakes = new AtomicInteger();
  private int inAll;

  public Admission(ServerConfig config, DoubleSupplier random) {
    this.maxPerAddress = config.limits().maxClientCnxns();
    this.maxInAll = config.limits().maxCnxns();
    this.maxHandshakes = config.limits().outstandingHandshakeLimit();
    this.throttle = new ConnectionThrottle(config.connectionThrottle(), random);
  }

  /** Counts a connection in; why it may not come in, or null. Counted in either case. */
  public synchronized @Nullable String connect(InetAddress address) {
    inAll++;
    int count = byAddress.merge(address, 1, Integer::sum);
    if (maxInAll > 0 && inAll > maxInAll) {
      return "more connections than maxCnxns=" + maxInAll;
    }
    if (maxPerAddress > 0 && count > maxPerAddress) {
      return "more connections from this address than maxClientCnxns=" + maxPerAddress;
    }
    return null;
  }

  /**
   * Counts a TLS handshake in; why it may not go on, or null. Counted in either case. Handshakes
   * cost more than anything else that a client can ask for before it is known.
   */
  public @Nullable String handshake() {
    int now = handshakes.incrementAndGet();
    return maxHandshakes >= 0 && now > maxHandshakes
        ? "more TLS handshakes at once than outstandingHandshake.limit=" + maxHandshakes
        : null;
  }

  /** Counts a TLS handshake out, however it has ended. */
  public void handshakeEnded() {
    handshakes.decrementAndGet();
  }

  /** TLS handshakes under way now. */
  public int handshakes() {
    return handshakes.get();
  }

  /** Why a connection may not have a session at this moment, or null. */
  public @Nullable String session(long nowMs) {
    return throttle.admits(nowMs) ? null : "more new sessions than connectionMaxTokens allows";
  }

  /** Counts a connection out. */
  public synchronized void disconnect(InetAddress address) {
    inAll--;
    byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
  }

  /** With which chance a connection is dropped before the bucket is asked. */
  public double dropProbability() {
    return throttle.dropProbability();
  }

  /** Connections now. */
  public synchronized int connections() {
    return inAll;
  }
}
