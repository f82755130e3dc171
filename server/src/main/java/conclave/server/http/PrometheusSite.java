package conclave.server.http;

import conclave.server.admin.MetricSink;
import conclave.server.admin.Monitor;
import conclave.server.admin.NamespaceMetric;
import conclave.server.admin.ServerView;
import conclave.server.admin.SummaryValues;
import java.util.Map;

/**
 * {@code /metrics} in Prometheus's text format, by the names that Apache's provider for Prometheus
 * has.
 */
public final class PrometheusSite implements Site {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final ServerView view;
  private final boolean withJvm;

  /**
   * @param withJvm whether figures of the JVM and the process follow ({@code exportJvmInfo})
   */
  public PrometheusSite(ServerView view, boolean withJvm) {
    this.view = view;
    this.withJvm = withJvm;
  }

  @Override
  public Page show(Visit visit) {
    if (!visit.method().equals("GET") && !visit.method().equals("HEAD")) {
      return Page.WRONG_METHOD;
    }
    return visit.path().equals("/metrics")
        ? new Page(200, CONTENT_TYPE, metrics())
        : Page.NOT_FOUND;
  }

  private String metrics() {
    PrometheusText text = new PrometheusText();
    Monitor.visit(view, new Sink(text));
    if (withJvm) {
      JvmFigures.write(text);
    }
    return text.toString();
  }

  private record Sink(PrometheusText text) implements MetricSink {

    /** Words are no metrics. */
    @Override
    public void word(String key, String value) {}

    @Override
    public void gauge(String key, Number value) {
      text.family(key, "gauge").sample(key, value.doubleValue());
    }

    @Override
    public void counter(String key, long value) {
      text.family(key, "counter").sample(key, value);
    }

    @Override
    public void summary(String key, SummaryValues values, boolean percentiles) {
      text.family(key, "summary");
      boolean none = values.count() == 0;
      text.sample(key, none ? Double.NaN : values.p50(), "quantile", "0.5");
      if (percentiles) {
        text.sample(key, none ? Double.NaN : values.p90(), "quantile", "0.9");
        text.sample(key, none ? Double.NaN : values.p99(), "quantile", "0.99");
      }
      text.sample(key + "_count", values.count());
      text.sample(key + "_sum", values.sum());
    }

    @Override
    public void counters(NamespaceMetric metric, Map<String, SummaryValues> byNamespace) {
      text.family(metric.key(), "counter");
      byNamespace.forEach((name, values) -> text.sample(metric.key(), values.count(), "key", name));
    }

    @Override
    public void summaries(NamespaceMetric metric, Map<String, SummaryValues> byNamespace) {
      text.family(metric.key(), "summary");
      byNamespace.forEach(
          (name, values) -> {
            text.sample(metric.key() + "_count", values.count(), "key", name);
            text.sample(metric.key() + "_sum", values.sum(), "key", name);
          });
    }
  }
}
