package conclave.server.admin;

/**
 * Numbers sorted into buckets: every number up to 127 has its own, above that sixteen share each
 * doubling. A percentile read off them is exact for small numbers and at most a sixteenth off for
 * large ones.
 */
final class Buckets {

  private static final int EXACT = 128;
  private static final int EXACT_BITS = 7;
  private static final int SUB_BITS = 4;
  private static final int MAX_BITS = 40;

  static final int COUNT = EXACT + ((MAX_BITS - EXACT_BITS) << SUB_BITS);

  private Buckets() {}

  static int of(long value) {
    if (value < EXACT) {
      return (int) Math.max(0, value);
    }
    long capped = Math.min(value, (1L << MAX_BITS) - 1);
    int topBit = 63 - Long.numberOfLeadingZeros(capped);
    int sub = (int) (capped >>> (topBit - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    return EXACT + ((topBit - EXACT_BITS) << SUB_BITS) + sub;
  }

  /** The least number of a bucket. */
  static long lowest(int bucket) {
    if (bucket < EXACT) {
      return bucket;
    }
    int topBit = EXACT_BITS + ((bucket - EXACT) >> SUB_BITS);
    int sub = (bucket - EXACT) & ((1 << SUB_BITS) - 1);
    return (1L << topBit) + ((long) sub << (topBit - SUB_BITS));
  }
}
