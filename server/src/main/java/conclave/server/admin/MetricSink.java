package conclave.server.admin;

import java.util.Map;

/** Takes all numbers of a server, by the names of {@code mntr} without {@code zk_}. */
public interface MetricSink {

  /** What is no number. */
  void word(String key, String value);

  /** How something stands. */
  void gauge(String key, Number value);

  /** What only ever grows. */
  void counter(String key, long value);

  /**
   * What is measured again and again.
   *
   * @param percentiles whether their distribution is of interest
   */
  void summary(String key, SummaryValues values, boolean percentiles);

  /** What is counted by the first element of a path. */
  void counters(NamespaceMetric metric, Map<String, SummaryValues> byNamespace);

  /** What is measured by the first element of a path. */
  void summaries(NamespaceMetric metric, Map<String, SummaryValues> byNamespace);
}
