package conclave.server.admin;

/** The answer to {@code mntr}: a line for every number, name and value with a tab between. */
final class Monitor {

  private final ServerView view;
  private final ServerMetrics metrics;
  private final StringBuilder out = new StringBuilder(32 * 1024);

  private Monitor(ServerView view) {
    this.view = view;
    this.metrics = view.metrics();
  }

  static String text(ServerView view) {
    Monitor monitor = new Monitor(view);
    monitor.line("version", view.version());
    monitor.line("server_state", view.mode());
    monitor.gauges();
    monitor.counters();
    monitor.summaries();
    monitor.namespaces();
    return monitor.out.toString();
  }

  private void gauges() {
    SummaryValues latency = metrics.read(Summary.REQUEST_LATENCY);
    line("avg_latency", latency.average());
    line("max_latency", latency.max());
    line("min_latency", latency.min());
    line("packets_received", metrics.read(Counter.PACKETS_RECEIVED));
    line("packets_sent", metrics.read(Counter.PACKETS_SENT));
    line("num_alive_connections", view.connectionCount());
    line("outstanding_requests", view.outstandingRequests());
    line("uptime", view.uptimeMs());
    line("znode_count", view.nodeCount());
    line("watch_count", view.watchCount());
    line("ephemerals_count", view.ephemeralsCount());
    line("approximate_data_size", view.approximateDataSizeBytes());
    line("global_sessions", view.globalSessionCount());
    line("local_sessions", view.localSessionCount());
    line("open_file_descriptor_count", view.environment().openFileDescriptors());
    line("max_file_descriptor_count", view.environment().maxFileDescriptors());
    line("connection_drop_probability", view.connectionDropProbability());
    responseSizes(metrics.read(Summary.CLIENT_RESPONSE_SIZE));
    line("outstanding_tls_handshake", view.outstandingTlsHandshakes());
    line("auth_failed_count", metrics.read(Counter.AUTH_FAILED_COUNT));
    line("non_mtls_remote_conn_count", metrics.read(Counter.NON_MTLS_REMOTE_CONN_COUNT));
    line("non_mtls_local_conn_count", metrics.read(Counter.NON_MTLS_LOCAL_CONN_COUNT));
  }

  /** Before the first response Apache says -1. */
  private void responseSizes(SummaryValues sizes) {
    boolean none = sizes.count() == 0;
    line("last_client_response_size", none ? -1 : sizes.last());
    line("max_client_response_size", none ? -1 : sizes.max());
    line("min_client_response_size", none ? -1 : sizes.min());
  }

  private void counters() {
    for (Counter counter : Counter.values()) {
      if (!counter.isGauge()) {
        line(counter.key(), metrics.read(counter));
      }
    }
  }

  private void summaries() {
    for (Summary summary : Summary.values()) {
      if (!summary.isGauge()) {
        summary(summary.key(), metrics.read(summary), summary.hasPercentiles());
      }
    }
  }

  private void summary(String key, SummaryValues values, boolean percentiles) {
    line("avg_" + key, values.average());
    line("min_" + key, values.min());
    line("max_" + key, values.max());
    line("cnt_" + key, values.count());
    line("sum_" + key, values.sum());
    if (percentiles) {
      line("p50_" + key, values.p50());
      line("p95_" + key, values.p95());
      line("p99_" + key, values.p99());
      line("p999_" + key, values.p999());
    }
  }

  private void namespaces() {
    metrics
        .read(NamespaceMetric.QUOTA_EXCEEDED_ERROR_PER_NAMESPACE)
        .forEach(
            (name, values) ->
                line(
                    name + "_" + NamespaceMetric.QUOTA_EXCEEDED_ERROR_PER_NAMESPACE.key(),
                    values.count()));
    namespaceSummaries(NamespaceMetric.READ_PER_NAMESPACE);
    namespaceSummaries(NamespaceMetric.WRITE_PER_NAMESPACE);
  }

  private void namespaceSummaries(NamespaceMetric metric) {
    metrics
        .read(metric)
        .forEach((name, values) -> summary(name + "_" + metric.key(), values, false));
  }

  private void line(String key, Object value) {
    out.append("zk_").append(key).append('\t').append(value).append('\n');
  }
}
