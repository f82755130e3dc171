package conclave.simulator;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is going to happen, the next first: by time, then by a tie-break that was drawn, then by the
 * order in which it was put in.
 *
 * <p>A heap of four children a node in plain arrays: half of all that a simulation does besides
 * running the code under test would else be comparing objects.
 */
final class EventQueue {
  private static final int CHILDREN = 4;

  private long[] times = new long[256];

  /** The tie-break in the upper half, and the number in the lower. */
  private long[] keys = new long[256];

  private @Nullable Runnable[] actions = new @Nullable Runnable[256];
  private int size;

  /**
   * @param number how many were put in before
   */
  void add(long timeUs, int tie, long number, Runnable action) {
    if (number >>> 32 != 0) {
      throw new IllegalStateException("more events than numbers: number=" + number);
    }
    if (size == times.length) {
      grow();
    }
    long key = (long) tie << 32 | number;
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) / CHILDREN;
      if (!isBefore(timeUs, key, parent)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    put(at, timeUs, key, action);
  }

  private void grow() {
    times = Arrays.copyOf(times, 2 * size);
    keys = Arrays.copyOf(keys, 2 * size);
    actions = Arrays.copyOf(actions, 2 * size);
  }

  /** When the next is due; {@code Long.MAX_VALUE} when nothing is. */
  long nextUs() {
    return size == 0 ? Long.MAX_VALUE : times[0];
  }

  /** The number of the next, which is there. */
  long nextNumber() {
    return keys[0] & 0xffffffffL;
  }

  /** Takes out the next, which is there. */
  Runnable poll() {
    final Runnable next = Objects.requireNonNull(actions[0], "nothing is due");
    size--;
    long timeUs = times[size];
    long key = keys[size];
    Runnable action = actions[size];
    actions[size] = null;
    if (size > 0) {
      sink(timeUs, key, action);
    }
    return next;
  }

  /** Puts the last one where it belongs, from the top down. */
  private void sink(long timeUs, long key, @Nullable Runnable action) {
    int at = 0;
    for (int first = 1; first < size; first = CHILDREN * at + 1) {
      int least = first;
      int end = Math.min(first + CHILDREN, size);
      for (int child = first + 1; child < end; child++) {
        if (isBefore(times[child], keys[child], least)) {
          least = child;
        }
      }
      if (isBefore(timeUs, key, least)) {
        break;
      }
      move(least, at);
      at = least;
    }
    put(at, timeUs, key, action);
  }

  private boolean isBefore(long timeUs, long key, int other) {
    return timeUs < times[other] || timeUs == times[other] && key < keys[other];
  }

  private void move(int from, int to) {
    times[to] = times[from];
    keys[to] = keys[from];
    actions[to] = actions[from];
  }

  private void put(int at, long timeUs, long key, @Nullable Runnable action) {
    times[at] = timeUs;
    keys[at] = key;
    actions[at] = action;
  }
}
