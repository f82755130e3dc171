package conclave.simulator;

import java.util.Arrays;

/** Transactions by zxid, in order, each with a hash of what it is. */
final class ZxidTable {
  private static final int FIRST = 64;

  private long[] zxids = new long[FIRST];
  private long[] hashes = new long[FIRST];
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  long last() {
    return size == 0 ? 0 : zxids[size - 1];
  }

  long zxid(int index) {
    return zxids[index];
  }

  long hash(int index) {
    return hashes[index];
  }

  void add(long zxid, long hash) {
    if (size > 0 && zxid <= zxids[size - 1]) {
      throw new IllegalArgumentException(
          "zxid=0x" + Long.toHexString(zxid) + " last=0x" + Long.toHexString(last()));
    }
    if (size == zxids.length) {
      zxids = Arrays.copyOf(zxids, 2 * size);
      hashes = Arrays.copyOf(hashes, 2 * size);
    }
    zxids[size] = zxid;
    hashes[size] = hash;
    size++;
  }

  /** The index of that zxid; negative when it isn't there, as in {@link Arrays#binarySearch}. */
  int indexOf(long zxid) {
    // Mostly it is asked for what came last, and zxids grow by one.
    if (size > 0) {
      long behind = zxids[size - 1] - zxid;
      if (behind < 0) {
        return -size - 1;
      }
      if (behind < size && zxids[size - 1 - (int) behind] == zxid) {
        return size - 1 - (int) behind;
      }
    }
    return Arrays.binarySearch(zxids, 0, size, zxid);
  }

  /** The index of the first behind that zxid. */
  int indexBehind(long zxid) {
    int index = indexOf(zxid);
    return index >= 0 ? index + 1 : -index - 1;
  }

  boolean has(long zxid) {
    return indexOf(zxid) >= 0;
  }

  boolean has(long zxid, long hash) {
    int index = indexOf(zxid);
    return index >= 0 && hashes[index] == hash;
  }

  /** Forgets everything behind that zxid. */
  void cut(long zxid) {
    size = indexBehind(zxid);
  }

  void clear() {
    size = 0;
  }
}
