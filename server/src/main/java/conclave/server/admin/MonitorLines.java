package conclave.server.admin;

import java.util.Map;
import java.util.function.BiConsumer;

/** A name and a value for every number: what {@code mntr} shows, a summary in several. */
public final class MonitorLines implements MetricSink {

  private final BiConsumer<String, Object> line;

  private MonitorLines(BiConsumer<String, Object> line) {
    this.line = line;
  }

  /** Hands over all names with their values. */
  public static void visit(ServerView view, BiConsumer<String, Object> line) {
    Monitor.visit(view, new MonitorLines(line));
  }

  /** The answer to {@code mntr}: a tab between name and value. */
  static String text(ServerView view) {
    StringBuilder out = new StringBuilder(32 * 1024);
    visit(
        view,
        (key, value) -> out.append("zk_").append(key).append('\t').append(value).append('\n'));
    return out.toString();
  }

  @Override
  public void word(String key, String value) {
    line.accept(key, value);
  }

  @Override
  public void gauge(String key, Number value) {
    line.accept(key, value);
  }

  @Override
  public void counter(String key, long value) {
    line.accept(key, value);
  }

  @Override
  public void summary(String key, SummaryValues values, boolean percentiles) {
    line.accept("avg_" + key, values.average());
    line.accept("min_" + key, values.min());
    line.accept("max_" + key, values.max());
    line.accept("cnt_" + key, values.count());
    line.accept("sum_" + key, values.sum());
    if (percentiles) {
      line.accept("p50_" + key, values.p50());
      line.accept("p95_" + key, values.p95());
      line.accept("p99_" + key, values.p99());
      line.accept("p999_" + key, values.p999());
    }
  }

  @Override
  public void counters(NamespaceMetric metric, Map<String, SummaryValues> byNamespace) {
    byNamespace.forEach((name, values) -> line.accept(name + "_" + metric.key(), values.count()));
  }

  @Override
  public void summaries(NamespaceMetric metric, Map<String, SummaryValues> byNamespace) {
    byNamespace.forEach((name, values) -> summary(name + "_" + metric.key(), values, false));
  }
}
