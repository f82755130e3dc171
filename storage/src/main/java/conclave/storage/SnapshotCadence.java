package conclave.storage;

import java.util.function.LongUnaryOperator;

/**
 * When to take the next snapshot: after so many transactions or so many bytes of log, each drawn
 * anew between half of the limit and the whole, so that the members of an ensemble don't all do it
 * at once. Counts what was logged, nothing else (ZOOKEEPER-4362). Not thread-safe.
 */
public final class SnapshotCadence {
  private final long snapCount;
  private final long sizeLimitBytes;
  private final LongUnaryOperator random;

  private long txns;
  private long bytes;
  private long txnsLimit;
  private long bytesLimit;

  /**
   * @param snapCount transactions per snapshot, at least 2 ({@code snapCount})
   * @param sizeLimitBytes bytes of log per snapshot; 0 or less for no limit ({@code
   *     snapSizeLimitInKb})
   * @param random given a bound, draws from 0 up to and without it
   */
  public SnapshotCadence(long snapCount, long sizeLimitBytes, LongUnaryOperator random) {
    if (snapCount < 2) {
      throw new IllegalArgumentException("snapCount=" + snapCount + " least=2");
    }
    this.snapCount = snapCount;
    this.sizeLimitBytes = sizeLimitBytes;
    this.random = random;
    draw();
  }

  /** Tells of a transaction that was logged, and asks whether it is time. */
  public boolean logged(long entryBytes) {
    txns++;
    bytes += entryBytes;
    return txns > txnsLimit || bytes > bytesLimit;
  }

  /** A snapshot is being taken: counting begins anew. */
  public void reset() {
    txns = 0;
    bytes = 0;
    draw();
  }

  private void draw() {
    txnsLimit = snapCount / 2 + random.applyAsLong(snapCount / 2);
    bytesLimit =
        sizeLimitBytes <= 0
            ? Long.MAX_VALUE
            : sizeLimitBytes / 2 + random.applyAsLong(Math.max(1, sizeLimitBytes / 2));
  }
}
