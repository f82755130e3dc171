package conclave.state;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The sessions that all replicas know of, with their timeouts. */
final class Sessions {
  private final LongMap<Integer> timeouts = new LongMap<>();

  boolean contains(long id) {
    return timeouts.contains(id);
  }

  @Nullable Integer timeoutMs(long id) {
    return timeouts.get(id);
  }

  void put(long id, int timeoutMs) {
    timeouts.put(id, timeoutMs);
  }

  void remove(long id) {
    timeouts.remove(id);
  }

  int size() {
    return timeouts.size();
  }

  /** A copy, in the order of the ids. */
  Map<Long, Integer> toMap() {
    Map<Long, Integer> map = new TreeMap<>();
    for (long id : timeouts.keys()) {
      Integer timeoutMs = timeouts.get(id);
      if (timeoutMs != null) {
        map.put(id, timeoutMs);
      }
    }
    return map;
  }
}
