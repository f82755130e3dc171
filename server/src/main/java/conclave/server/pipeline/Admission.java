package conclave.server.pipeline;

import conclave.server.config.ServerConfig;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
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
  private int inAll;

  public Admission(ServerConfig config, DoubleSupplier random) {
    this.maxPerAddress = config.limits().maxClientCnxns();
    this.maxInAll = config.limits().maxCnxns();
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
