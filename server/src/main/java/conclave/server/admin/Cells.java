package conclave.server.admin;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An array of numbers that one thread writes and others may read, without fences and without torn
 * values.
 */
final class Cells {

  private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] cells;

  Cells(int size) {
    cells = new long[size];
  }

  int size() {
    return cells.length;
  }

  /** Only for the writing thread. */
  void add(int index, long amount) {
    CELL.setOpaque(cells, index, cells[index] + amount);
  }

  /** Only for the writing thread. */
  void set(int index, long value) {
    CELL.setOpaque(cells, index, value);
  }

  /** For any thread. */
  long get(int index) {
    return (long) CELL.getOpaque(cells, index);
  }
}
