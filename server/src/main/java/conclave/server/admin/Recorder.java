package conclave.server.admin;

import java.util.Map;

/**
 * One thread's share of the server's numbers. Recording costs a few plain memory writes: no other
 * thread writes here, and who reads adds up the shares of all threads.
 *
 * <p>Every method that records must be called by the one thread that the recorder was made for.
 */
public final class Recorder {

  private final ServerMetrics metrics;
  private final Cells counters = new Cells(Counter.values().length);
  private final SummaryCells[] summaries = new SummaryCells[Summary.values().length];
  private final NamespaceCells[] namespaces = new NamespaceCells[NamespaceMetric.values().length];
  private volatile int generation;

  Recorder(ServerMetrics metrics, int generation) {
    this.metrics = metrics;
    this.generation = generation;
    for (Summary summary : Summary.values()) {
      boolean percentiles = summary.hasPercentiles() || metrics.allPercentiles();
      summaries[summary.ordinal()] = new SummaryCells(percentiles);
    }
    for (NamespaceMetric metric : NamespaceMetric.values()) {
      namespaces[metric.ordinal()] = new NamespaceCells();
    }
  }

  public void count(Counter counter) {
    count(counter, 1);
  }

  public void count(Counter counter, long amount) {
    followReset();
    counters.add(counter.ordinal(), amount);
  }

  public void record(Summary summary, long value) {
    followReset();
    summaries[summary.ordinal()].record(value);
  }

  /** A frame of this many bytes came from a client. */
  public void packetReceived(int bytes) {
    count(Counter.PACKETS_RECEIVED);
    counters.add(Counter.BYTES_RECEIVED_COUNT.ordinal(), bytes);
  }

  /** A reply or event was sent to a client. */
  public void packetSent() {
    count(Counter.PACKETS_SENT);
  }

  /** An event was sent to that many clients, with the length of its frame. */
  public void eventsSent(int clients, int bytes) {
    count(Counter.PACKETS_SENT, clients);
    count(Counter.WATCH_BYTES, (long) clients * bytes);
  }

  /** The body of a reply had this many bytes. */
  public void responseSize(int bytes) {
    record(Summary.CLIENT_RESPONSE_SIZE, bytes);
    counters.add(Counter.RESPONSE_BYTES.ordinal(), bytes);
  }

  /** A read was answered. */
  public void readLatency(long ms) {
    record(Summary.REQUEST_LATENCY, ms);
    summaries[Summary.READLATENCY.ordinal()].record(ms);
  }

  /** A write was answered. */
  public void updateLatency(long ms) {
    record(Summary.REQUEST_LATENCY, ms);
    summaries[Summary.UPDATELATENCY.ordinal()].record(ms);
  }

  /**
   * So many bytes of a path's node were read or written; the namespace is the path's first element.
   */
  public void namespace(NamespaceMetric metric, String path, long bytes) {
    followReset();
    namespaces[metric.ordinal()].record(path, bytes);
  }

  /**
   * A reset is asked for by another thread, and done by this one at its next record, so that there
   * is still one writer.
   */
  private void followReset() {
    int wanted = metrics.generation();
    if (generation == wanted) {
      return;
    }
    for (Counter counter : Counter.values()) {
      if (counter.isResettable()) {
        counters.set(counter.ordinal(), 0);
      }
    }
    for (SummaryCells cells : summaries) {
      cells.clear();
    }
    for (NamespaceCells cells : namespaces) {
      cells.clear();
    }
    generation = wanted;
  }

  private boolean isCurrent() {
    return generation == metrics.generation();
  }

  long read(Counter counter) {
    return isCurrent() || !counter.isResettable() ? counters.get(counter.ordinal()) : 0;
  }

  void addTo(Summary summary, SummaryValues.Builder total) {
    if (isCurrent()) {
      summaries[summary.ordinal()].addTo(total);
    }
  }

  Map<String, SummaryCells> namespaces(NamespaceMetric metric) {
    return isCurrent() ? namespaces[metric.ordinal()].byName() : Map.of();
  }
}
