package conclave.storage;

/** The order of zxids: an epoch in the high half, a counter in the low one. */
final class Zxids {
  private Zxids() {}

  /**
   * Whether nothing can be missing between two zxids: the counter grows by one, or a later epoch
   * begins, whose first transaction is its number 1.
   */
  static boolean follows(long last, long next) {
    return next == last + 1 || next >>> 32 > last >>> 32 && (int) next == 1;
  }

  static String hex(long zxid) {
    return "0x" + Long.toHexString(zxid);
  }
}
