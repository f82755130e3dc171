package conclave.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A set of znodes by identity, open-addressed; one slot for a single one. */
final class ZnodeSet {
  private @Nullable Znode[] table = new @Nullable Znode[1];
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void add(Znode node) {
    if (indexOf(node) >= 0) {
      return;
    }
    if (size >= limit()) {
      resize(2 * table.length);
    }
    put(node);
    size++;
  }

  void remove(Znode node) {
    int hole = indexOf(node);
    if (hole < 0) {
      return;
    }
    @Nullable Znode[] t = table;
    int mask = t.length - 1;
    int start = hole;
    for (int i = 1; i <= mask; i++) {
      int at = start + i & mask;
      Znode next = t[at];
      if (next == null) {
        break;
      }
      if ((at - hash(next) & mask) >= (at - hole & mask)) {
        t[hole] = next;
        hole = at;
      }
    }
    t[hole] = null;
    size--;
    if (t.length > 16 && size < t.length / 8) {
      resize(t.length / 4);
    }
  }

  /** The members now, in no order. */
  Znode[] toArray() {
    @Nullable Znode[] t = table;
    Znode[] all = new Znode[size];
    int n = 0;
    for (Znode node : t) {
      if (node != null && n < all.length) {
        all[n++] = node;
      }
    }
    return n == all.length ? all : Arrays.copyOf(all, n);
  }

  private int limit() {
    return table.length < 4 ? table.length : table.length / 4 * 3;
  }

  private int indexOf(Znode node) {
    @Nullable Znode[] t = table;
    int mask = t.length - 1;
    for (int i = 0; i <= mask; i++) {
      int at = hash(node) + i & mask;
      if (t[at] == node) {
        return at;
      }
      if (t[at] == null) {
        return -1;
      }
    }
    return -1;
  }

  private void put(Znode node) {
    int mask = table.length - 1;
    int at = hash(node) & mask;
    while (table[at] != null) {
      at = at + 1 & mask;
    }
    table[at] = node;
  }

  private void resize(int length) {
    @Nullable Znode[] old = table;
    table = new @Nullable Znode[length];
    for (Znode node : old) {
      if (node != null) {
        put(node);
      }
    }
  }

  /** Many may have the same name, in different places, but rarely the same birth. */
  private static int hash(Znode node) {
    return Znode.mix(node.hash + Long.hashCode(node.czxid * 0x9E3779B97F4A7C15L));
  }
}
