package conclave.server.admin;

/** All numbers of a server, in the order in which {@code mntr} has them. */
public final class Monitor {

  private final ServerView view;
  private final ServerMetrics metrics;
  private final MetricSink sink;

  private Monitor(ServerView view, MetricSink sink) {
    this.view = view;
    this.metrics = view.metrics();
    this.sink = sink;
  }

  /** Hands over all numbers, as of now. */
  public static void visit(ServerView view, MetricSink sink) {
    Monitor monitor = new Monitor(view, sink);
    sink.word("version", view.version());
    sink.word("server_state", view.mode());
    monitor.member();
    monitor.gauges();
    monitor.counters();
    monitor.summaries();
    monitor.namespaces();
  }

  private void member() {
    ServerView.MemberView member = view.member();
    if (member == null) {
      return;
    }
    sink.word("peer_state", member.state());
    sink.gauge("quorum_size", member.voters());
    if (member.observer()) {
      sink.word("observer_master_id", Long.toString(member.leaderId()));
    }
    ServerView.LeaderView leader = member.leader();
    if (leader != null) {
      sink.gauge("leader_uptime", leader.uptimeMs());
      sink.gauge("learners", leader.learners());
      sink.gauge("synced_followers", leader.syncedFollowers());
      sink.gauge("synced_non_voting_followers", leader.syncedNonVotingFollowers());
      sink.gauge("synced_observers", leader.syncedObservers());
      sink.gauge("pending_syncs", leader.pendingSyncs());
      sink.gauge("last_proposal_size", leader.lastProposalBytes());
      sink.gauge("max_proposal_size", leader.maxProposalBytes());
      sink.gauge("min_proposal_size", leader.minProposalBytes());
    }
  }

  private void gauges() {
    SummaryValues latency = metrics.read(Summary.REQUEST_LATENCY);
    sink.gauge("avg_latency", latency.average());
    sink.gauge("max_latency", latency.max());
    sink.gauge("min_latency", latency.min());
    sink.gauge("packets_received", metrics.read(Counter.PACKETS_RECEIVED));
    sink.gauge("packets_sent", metrics.read(Counter.PACKETS_SENT));
    sink.gauge("num_alive_connections", view.connectionCount());
    sink.gauge("outstanding_requests", view.outstandingRequests());
    sink.gauge("uptime", view.uptimeMs());
    sink.gauge("znode_count", view.nodeCount());
    sink.gauge("watch_count", view.watchCount());
    sink.gauge("ephemerals_count", view.ephemeralsCount());
    sink.gauge("approximate_data_size", view.approximateDataSizeBytes());
    sink.gauge("global_sessions", view.globalSessionCount());
    sink.gauge("local_sessions", view.localSessionCount());
    sink.gauge("open_file_descriptor_count", view.environment().openFileDescriptors());
    sink.gauge("max_file_descriptor_count", view.environment().maxFileDescriptors());
    sink.gauge("connection_drop_probability", view.connectionDropProbability());
    responseSizes(metrics.read(Summary.CLIENT_RESPONSE_SIZE));
    sink.gauge("outstanding_tls_handshake", view.outstandingTlsHandshakes());
    sink.gauge("auth_failed_count", metrics.read(Counter.AUTH_FAILED_COUNT));
    sink.gauge("non_mtls_remote_conn_count", metrics.read(Counter.NON_MTLS_REMOTE_CONN_COUNT));
    sink.gauge("non_mtls_local_conn_count", metrics.read(Counter.NON_MTLS_LOCAL_CONN_COUNT));
  }

  /** Before the first response Apache says -1. */
  private void responseSizes(SummaryValues sizes) {
    boolean none = sizes.count() == 0;
    sink.gauge("last_client_response_size", none ? -1 : sizes.last());
    sink.gauge("max_client_response_size", none ? -1 : sizes.max());
    sink.gauge("min_client_response_size", none ? -1 : sizes.min());
  }

  private void counters() {
    for (Counter counter : Counter.values()) {
      if (!counter.isGauge()) {
        sink.counter(counter.key(), metrics.read(counter));
      }
    }
  }

  private void summaries() {
    for (Summary summary : Summary.values()) {
      if (!summary.isGauge()) {
        sink.summary(summary.key(), metrics.read(summary), summary.hasPercentiles());
      }
    }
  }

  private void namespaces() {
    NamespaceMetric quota = NamespaceMetric.QUOTA_EXCEEDED_ERROR_PER_NAMESPACE;
    sink.counters(quota, metrics.read(quota));
    for (NamespaceMetric metric :
        new NamespaceMetric[] {
          NamespaceMetric.READ_PER_NAMESPACE, NamespaceMetric.WRITE_PER_NAMESPACE
        }) {
      sink.summaries(metric, metrics.read(metric));
    }
  }
}
