package conclave.cli.failover;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All writes that were accepted, by whomever, and whether two servers have accepted any at once.
 *
 * <p>A Redis server takes a new replication id whenever it becomes a master, in the same step. So
 * the id names a reign, and every accepted write tells the reign that it fell into. Reigns that are
 * never at once don't come back: no write of one lies between two of another.
 */
final class Writes {
  /**
   * A write that was accepted.
   *
   * @param safe whether a replica had it too when the client was told
   */
  record Accepted(
      long token, String server, String reign, long beganNanos, long endedNanos, boolean safe) {}

  private static final class Reign {
    private final String server;
    private long firstEndedNanos = Long.MAX_VALUE;
    private long lastBeganNanos = Long.MIN_VALUE;

    private Reign(String server) {
      this.server = server;
    }
  }

  private final List<Accepted> all = new ArrayList<>();
  private final Map<String, Reign> reigns = new HashMap<>();

  synchronized void add(Accepted write) {
    all.add(write);
    Reign reign = reigns.computeIfAbsent(write.reign(), id -> new Reign(write.server()));
    reign.firstEndedNanos = Math.min(reign.firstEndedNanos, write.endedNanos());
    reign.lastBeganNanos = Math.max(reign.lastBeganNanos, write.beganNanos());
  }

  synchronized List<Accepted> all() {
    return List.copyOf(all);
  }

  /**
   * Pairs of reigns that were at once: each has accepted a write before, and another one after, one
   * and the same moment.
   */
  synchronized List<String> overlaps() {
    List<String> found = new ArrayList<>();
    List<Reign> list = new ArrayList<>(reigns.values());
    for (int i = 0; i < list.size(); i++) {
      for (int j = i + 1; j < list.size(); j++) {
        Reign a = list.get(i);
        Reign b = list.get(j);
        long from = Math.max(a.firstEndedNanos, b.firstEndedNanos);
        long to = Math.min(a.lastBeganNanos, b.lastBeganNanos);
        if (from <= to) {
          found.add(a.server + " and " + b.server + " for at least " + (to - from) / 1000 + " us");
        }
      }
    }
    if (found.isEmpty()) {
      all.forEach(write -> findAround(write, found));
    }
    return found;
  }

  /** Somebody who has accepted writes both before and after this one of another. */
  private void findAround(Accepted write, List<String> found) {
    reigns.forEach(
        (id, reign) -> {
          if (!id.equals(write.reign())
              && reign.firstEndedNanos < write.beganNanos()
              && write.endedNanos() < reign.lastBeganNanos) {
            found.add(reign.server + " before and after " + write);
          }
        });
  }

  /** The first write that began after this moment and was accepted by another reign; or null. */
  synchronized Accepted firstOfAnother(String reign, long afterNanos) {
    for (Accepted write : all) {
      if (write.beganNanos() > afterNanos && !write.reign().equals(reign)) {
        return write;
      }
    }
    return null;
  }

  /** The latest; null when there is none. */
  synchronized Accepted last() {
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }
}
