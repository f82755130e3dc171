package conclave.server.pipeline;

import conclave.server.config.ServerConfig;
import java.util.function.DoubleSupplier;

/**
 * A bucket of tokens that new sessions draw from, with an early drop by chance that grows while the
 * bucket runs dry: Apache's throttle ({@code connectionMaxTokens} and its kin), after the BLUE
 * scheme of queue management.
 *
 * <p>{@code tokenFillCount} tokens come in every {@code tokenFillTimeMs}. Every {@code
 * freezeTimeMs} the chance of a drop is looked at: it grows by {@code dropIncrease} when the bucket
 * is empty and shrinks by {@code dropDecrease} when it is fuller than {@code decreaseRatio}. Safe
 * for any thread.
 */
final class ConnectionThrottle {
  private final ServerConfig.ConnectionThrottle config;
  private final DoubleSupplier random;
  private long tokens;
  private boolean started;
  private long lastFillMs;
  private long lastFreezeMs;
  private double drop;

  /**
   * @param random draws from 0 up to and without 1
   */
  ConnectionThrottle(ServerConfig.ConnectionThrottle config, DoubleSupplier random) {
    this.config = config;
    this.random = random;
    this.tokens = config.maxTokens();
  }

  /** Takes a token; false when there is none, or chance had it so. */
  synchronized boolean admits(long nowMs) {
    if (config.maxTokens() <= 0) {
      return true;
    }
    if (!started) {
      started = true;
      lastFillMs = nowMs;
      lastFreezeMs = nowMs;
    }
    fill(nowMs);
    adjust(nowMs);
    if (drop > 0 && random.getAsDouble() < drop || tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }

  synchronized double dropProbability() {
    return drop;
  }

  private void fill(long nowMs) {
    long fills = (nowMs - lastFillMs) / Math.max(1, config.tokenFillTimeMs());
    if (fills > 0) {
      tokens = Math.min(config.maxTokens(), tokens + fills * config.tokenFillCount());
      lastFillMs += fills * Math.max(1, config.tokenFillTimeMs());
    }
  }

  private void adjust(long nowMs) {
    if (config.freezeTimeMs() < 0 || nowMs - lastFreezeMs < config.freezeTimeMs()) {
      return;
    }
    lastFreezeMs = nowMs;
    if (tokens == 0) {
      drop = Math.min(1, drop + config.dropIncrease());
    } else if (tokens > config.maxTokens() * config.decreaseRatio()) {
      drop = Math.max(0, drop - config.dropDecrease());
    }
  }
}
