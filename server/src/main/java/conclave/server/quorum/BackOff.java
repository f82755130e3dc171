package conclave.server.quorum;

import java.util.function.IntUnaryOperator;

/**
 * Pauses between attempts, each about twice as long as the one before. A part of each is chance, so
 * that servers that lost each other at one moment don't meet halfway for ever.
 */
final class BackOff {
  private final int firstMs;
  private final int longestMs;
  private final IntUnaryOperator random;
  private int nextMs;

  /**
   * @param random a number below its argument
   */
  BackOff(int firstMs, int longestMs, IntUnaryOperator random) {
    this.firstMs = firstMs;
    this.longestMs = longestMs;
    this.random = random;
    this.nextMs = firstMs;
  }

  int nextPauseMs() {
    int pauseMs = nextMs;
    nextMs = (int) Math.min(longestMs, 2L * nextMs);
    return pauseMs / 2 + random.applyAsInt(pauseMs / 2 + 1);
  }

  void reset() {
    nextMs = firstMs;
  }
}
