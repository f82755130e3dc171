package conclave.consensus;

/** The parts of a zxid: the epoch of the leader that made it, and a counter that begins with 1. */
public final class Zxid {
  /**
   * An epoch's counter does not get there: the next one would run over into the next epoch. Before
   * that another epoch is begun.
   */
  public static final long LAST_COUNTER = 0xffffffffL;

  private Zxid() {}

  /** The zxid that stands before the first transaction of an epoch. */
  public static long beginOf(long epoch) {
    return epoch << 32;
  }

  public static long epoch(long zxid) {
    return zxid >>> 32;
  }

  public static long counter(long zxid) {
    return zxid & LAST_COUNTER;
  }

  /** Whether {@code next} may come directly behind {@code last}. */
  public static boolean follows(long last, long next) {
    return next == last + 1 && counter(next) != 0
        || epoch(next) > epoch(last) && counter(next) == 1;
  }

  public static String hex(long zxid) {
    return "0x" + Long.toHexString(zxid);
  }
}
