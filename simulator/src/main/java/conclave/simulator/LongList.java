package conclave.simulator;

import java.util.Arrays;

/** Zxids that only grow. */
final class LongList {
  private long[] values = new long[4];
  private int size;

  void add(long value) {
    if (size > 0 && values[size - 1] >= value) {
      return;
    }
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = value;
  }

  /** The first that is greater; {@code Long.MAX_VALUE} when none is. */
  long firstAfter(long value) {
    int index = Arrays.binarySearch(values, 0, size, value);
    int behind = index >= 0 ? index + 1 : -index - 1;
    return behind < size ? values[behind] : Long.MAX_VALUE;
  }
}
