package conclave.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a znode knows of its children: a hash table of them, open-addressed by name, and its counts.
 *
 * <p>Tables of up to four may be full, larger ones are at most three quarters full. Every loop is
 * bounded by the table's length, so that a reader in a table that is being changed comes to an end.
 */
final class Branch {
  private static final Znode[] EMPTY = {};
  private static final int MAY_BE_FULL = 4;

  private @Nullable Znode[] table = EMPTY;

  /** Children. */
  int count;

  /** Children ever made here. */
  int creates;

  /** Znodes below here, at any depth. */
  int descendants;

  /** The last change of the set of children. */
  long pzxid;

  Branch(long pzxid) {
    this.pzxid = pzxid;
  }

  /** The slots; null ones are free. Not to be written. */
  @Nullable Znode[] slots() {
    return table;
  }

  @Nullable Znode find(String path, int from, int to, int hash) {
    @Nullable Znode[] t = table;
    int mask = t.length - 1;
    for (int i = 0; i <= mask; i++) {
      Znode node = t[hash + i & mask];
      if (node == null) {
        return null;
      }
      if (node.hash == hash && Content.isNamed(node.content, path, from, to)) {
        return node;
      }
    }
    return null;
  }

  /** Whether there is one of that name already. */
  boolean hasTwin(Znode node) {
    @Nullable Znode[] t = table;
    int mask = t.length - 1;
    for (int i = 0; i <= mask; i++) {
      Znode other = t[node.hash + i & mask];
      if (other == null) {
        return false;
      }
      if (other.hash == node.hash && Content.sameName(other.content, node.content)) {
        return true;
      }
    }
    return false;
  }

  /** Adds a child; there must be none of that name. */
  void add(Znode node) {
    if (count == limit(table.length)) {
      resize(Math.max(1, 2 * table.length));
    }
    put(table, node);
    count++;
  }

  /** Makes room for that many children at once. */
  void expect(int children) {
    int length = Math.max(1, table.length);
    while (limit(length) < children) {
      length *= 2;
    }
    if (length > table.length) {
      resize(length);
    }
  }

  void remove(Znode node) {
    @Nullable Znode[] t = table;
    int mask = t.length - 1;
    int hole = -1;
    for (int i = 0; i <= mask && hole < 0; i++) {
      int at = node.hash + i & mask;
      if (t[at] == node) {
        hole = at;
      }
    }
    if (hole < 0) {
      throw new IllegalStateException("not a child: " + node.path() + " count=" + count);
    }
    close(t, hole);
    count--;
    if (count == 0) {
      table = EMPTY;
    } else if (t.length > 8 && count < t.length / 8) {
      resize(t.length / 4);
    }
  }

  /** Moves up the entries behind a hole that could not be found any more with a gap before them. */
  private static void close(@Nullable Znode[] t, int start) {
    int mask = t.length - 1;
    int hole = start;
    for (int i = 1; i <= mask; i++) {
      int at = start + i & mask;
      Znode node = t[at];
      if (node == null) {
        break;
      }
      if ((at - node.hash & mask) >= (at - hole & mask)) {
        t[hole] = node;
        hole = at;
      }
    }
    t[hole] = null;
  }

  private static int limit(int length) {
    return length <= MAY_BE_FULL ? length : length / 4 * 3;
  }

  private void resize(int length) {
    @Nullable Znode[] bigger = new @Nullable Znode[length];
    for (Znode node : table) {
      if (node != null) {
        put(bigger, node);
      }
    }
    table = bigger;
  }

  private static void put(@Nullable Znode[] t, Znode node) {
    int mask = t.length - 1;
    int at = node.hash & mask;
    while (t[at] != null) {
      at = at + 1 & mask;
    }
    t[at] = node;
  }

  /** The children now, in no order. */
  Znode[] children() {
    @Nullable Znode[] t = table;
    Znode[] children = new Znode[count];
    int n = 0;
    for (Znode node : t) {
      if (node != null && n < children.length) {
        children[n++] = node;
      }
    }
    return n == children.length ? children : Arrays.copyOf(children, n);
  }
}
