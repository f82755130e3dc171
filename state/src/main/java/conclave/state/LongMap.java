package conclave.state;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A map from longs, open-addressed, at most two thirds full. Its loops are bounded by the length of
 * the table, so that a reader whom a writer overtakes comes to an end; java.util.HashMap doesn't
 * promise that.
 */
final class LongMap<V> {
  private long[] keys = new long[4];
  private @Nullable Object[] values = new @Nullable Object[4];
  private int size;

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked") // Only V goes in.
  @Nullable V get(long key) {
    long[] k = keys;
    @Nullable Object[] v = values;
    int mask = Math.min(k.length, v.length) - 1;
    for (int i = 0; i <= mask; i++) {
      int at = hash(key) + i & mask;
      Object value = v[at];
      if (value == null) {
        return null;
      }
      if (k[at] == key) {
        return (V) value;
      }
    }
    return null;
  }

  boolean contains(long key) {
    return get(key) != null;
  }

  void put(long key, V value) {
    if (3 * (size + 1) > 2 * keys.length) {
      resize(2 * keys.length);
    }
    int mask = keys.length - 1;
    int at = hash(key) & mask;
    while (values[at] != null) {
      if (keys[at] == key) {
        values[at] = value;
        return;
      }
      at = at + 1 & mask;
    }
    keys[at] = key;
    values[at] = value;
    size++;
  }

  @Nullable V remove(long key) {
    V old = get(key);
    if (old == null) {
      return null;
    }
    int mask = keys.length - 1;
    int hole = hash(key) & mask;
    while (keys[hole] != key || values[hole] == null) {
      hole = hole + 1 & mask;
    }
    int at = hole;
    while (true) {
      at = at + 1 & mask;
      if (values[at] == null) {
        break;
      }
      if ((at - hash(keys[at]) & mask) >= (at - hole & mask)) {
        keys[hole] = keys[at];
        values[hole] = values[at];
        hole = at;
      }
    }
    values[hole] = null;
    size--;
    if (keys.length > 16 && size < keys.length / 8) {
      resize(keys.length / 4);
    }
    return old;
  }

  void clear() {
    keys = new long[4];
    values = new @Nullable Object[4];
    size = 0;
  }

  /** The keys, in no order. */
  long[] keys() {
    long[] all = new long[size];
    int n = 0;
    for (int i = 0; i < keys.length && n < all.length; i++) {
      if (values[i] != null) {
        all[n++] = keys[i];
      }
    }
    return n == all.length ? all : Arrays.copyOf(all, n);
  }

  @SuppressWarnings("unchecked") // Only V goes in.
  void forEachValue(Consumer<V> action) {
    for (Object value : values) {
      if (value != null) {
        action.accept((V) value);
      }
    }
  }

  @SuppressWarnings("unchecked") // Only V goes in.
  private void resize(int length) {
    long[] oldKeys = keys;
    @Nullable Object[] oldValues = values;
    keys = new long[length];
    values = new @Nullable Object[length];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      Object value = oldValues[i];
      if (value != null) {
        put(oldKeys[i], (V) value);
      }
    }
  }

  private static int hash(long key) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h >>> 32);
  }
}
