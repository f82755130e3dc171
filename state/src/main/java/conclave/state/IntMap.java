package conclave.state;

import java.util.Arrays;

/**
 * A compact map from numbers &ge; 0 to four bits: one int an entry, open-addressed, at most three
 * quarters full from eight slots on. An entry is {@code (key + 1) << 4 | bits}; 0 is a free slot.
 */
final class IntMap {
  private static final int BITS = 4;
  private static final int BITS_MASK = (1 << BITS) - 1;

  private int[] table = new int[1];
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The bits of a key, 0 when there is none. */
  int get(int key) {
    int at = indexOf(key);
    return at < 0 ? 0 : table[at] & BITS_MASK;
  }

  /** Sets the bits of a key; 0 removes it. */
  void set(int key, int bits) {
    int at = indexOf(key);
    if (at >= 0) {
      if (bits == 0) {
        removeAt(at);
      } else {
        table[at] = table[at] & ~BITS_MASK | bits;
      }
    } else if (bits != 0) {
      if (size >= limit(table.length)) {
        resize(2 * table.length);
      }
      insert(table, key + 1 << BITS | bits);
      size++;
    }
  }

  /** The entries now; {@link #key} and {@link #bits} take them apart. */
  int[] entries() {
    int[] entries = new int[size];
    int n = 0;
    for (int entry : table) {
      if (entry != 0) {
        entries[n++] = entry;
      }
    }
    return entries;
  }

  static int key(int entry) {
    return (entry >>> BITS) - 1;
  }

  static int bits(int entry) {
    return entry & BITS_MASK;
  }

  /** All keys go that have no other than these bits, all others lose them; returns who had any. */
  int[] take(int bits) {
    int[] takers = new int[size];
    int n = 0;
    int left = 0;
    for (int i = 0; i < table.length; i++) {
      int entry = table[i];
      if ((entry & bits) != 0) {
        takers[n++] = entry;
        table[i] = entry & ~bits;
      }
      if ((table[i] & BITS_MASK) != 0) {
        left++;
      }
    }
    if (left < size) {
      size = left;
      int length = table.length;
      while (length > 1 && left <= limit(length / 2)) {
        length /= 2;
      }
      resize(length);
    }
    return n == takers.length ? takers : Arrays.copyOf(takers, n);
  }

  private int indexOf(int key) {
    int mask = table.length - 1;
    for (int i = 0; i <= mask; i++) {
      int at = hash(key + 1) + i & mask;
      int entry = table[at];
      if (entry == 0) {
        return -1;
      }
      if (entry >>> BITS == key + 1) {
        return at;
      }
    }
    return -1;
  }

  private void removeAt(int start) {
    int mask = table.length - 1;
    int hole = start;
    for (int i = 1; i <= mask; i++) {
      int at = start + i & mask;
      int entry = table[at];
      if (entry == 0) {
        break;
      }
      if ((at - hash(entry >>> BITS) & mask) >= (at - hole & mask)) {
        table[hole] = entry;
        hole = at;
      }
    }
    table[hole] = 0;
    size--;
    if (table.length > 16 && size < table.length / 8) {
      resize(table.length / 4);
    }
  }

  private void resize(int length) {
    int[] resized = new int[length];
    for (int entry : table) {
      if ((entry & BITS_MASK) != 0) {
        insert(resized, entry);
      }
    }
    table = resized;
  }

  private static void insert(int[] into, int entry) {
    int mask = into.length - 1;
    int at = hash(entry >>> BITS) & mask;
    while (into[at] != 0) {
      at = at + 1 & mask;
    }
    into[at] = entry;
  }

  private static int limit(int length) {
    return length < 8 ? length : length / 4 * 3;
  }

  private static int hash(int keyPlusOne) {
    return Znode.mix(keyPlusOne);
  }
}
