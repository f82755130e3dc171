package conclave.server.admin;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** All numbers of a server: the sum over the {@link Recorder}s of its threads. Thread-safe. */
public final class ServerMetrics {

  private final List<Recorder> recorders = new CopyOnWriteArrayList<>();
  private final AtomicInteger generation = new AtomicInteger();
  private final boolean allPercentiles;

  public ServerMetrics() {
    this(false);
  }

  /**
   * @param allPercentiles whether the distribution of everything that is measured is kept, and not
   *     only of what {@code mntr} shows it of; five kilobytes for each thread and number
   */
  public ServerMetrics(boolean allPercentiles) {
    this.allPercentiles = allPercentiles;
  }

  /** A recorder for one thread. It lives as long as the server. */
  public Recorder newRecorder() {
    Recorder recorder = new Recorder(this, generation.get());
    recorders.add(recorder);
    return recorder;
  }

  /** Sets everything back to zero that {@code srst} sets back. */
  public void reset() {
    generation.incrementAndGet();
  }

  boolean allPercentiles() {
    return allPercentiles;
  }

  int generation() {
    return generation.get();
  }

  public long read(Counter counter) {
    long sum = 0;
    for (Recorder recorder : recorders) {
      sum += recorder.read(counter);
    }
    return sum;
  }

  public SummaryValues read(Summary summary) {
    SummaryValues.Builder total = new SummaryValues.Builder();
    for (Recorder recorder : recorders) {
      recorder.addTo(summary, total);
    }
    return total.build();
  }

  /** By namespace, in the order of their names. */
  public SortedMap<String, SummaryValues> read(NamespaceMetric metric) {
    SortedMap<String, SummaryValues.Builder> totals = new TreeMap<>();
    for (Recorder recorder : recorders) {
      recorder
          .namespaces(metric)
          .forEach(
              (name, cells) ->
                  cells.addTo(totals.computeIfAbsent(name, n -> new SummaryValues.Builder())));
    }
    SortedMap<String, SummaryValues> values = new TreeMap<>();
    totals.forEach((name, total) -> values.put(name, total.build()));
    return values;
  }
}
