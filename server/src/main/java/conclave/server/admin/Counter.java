package conclave.server.admin;

/**
 * What is only ever counted up, by the names of {@code mntr}. Those of parts that this server does
 * not have, or has only in an ensemble, stay at zero, as they do on a standalone server of Apache
 * ZooKeeper: monitoring that asks for them finds them.
 */
public enum Counter {
  ADD_DEAD_WATCHER_STALL_TIME("add_dead_watcher_stall_time"),
  BYTES_RECEIVED_COUNT("bytes_received_count"),
  CNXN_CLOSED_WITHOUT_ZK_SERVER_RUNNING("cnxn_closed_without_zk_server_running"),
  COMMIT_COUNT("commit_count"),
  CONNECTION_DROP_COUNT("connection_drop_count"),
  CONNECTION_REJECTED("connection_rejected"),
  CONNECTION_REQUEST_COUNT("connection_request_count"),
  CONNECTION_REVALIDATE_COUNT("connection_revalidate_count"),
  DEAD_WATCHERS_CLEARED("dead_watchers_cleared"),
  DEAD_WATCHERS_QUEUED("dead_watchers_queued"),
  DIFF_COUNT("diff_count"),
  DIGEST_MISMATCHES_COUNT("digest_mismatches_count"),
  ENSEMBLE_AUTH_FAIL("ensemble_auth_fail"),
  ENSEMBLE_AUTH_SKIP("ensemble_auth_skip"),
  ENSEMBLE_AUTH_SUCCESS("ensemble_auth_success"),
  INSECURE_ADMIN_COUNT("insecure_admin_count"),
  LARGE_REQUESTS_REJECTED("large_requests_rejected"),
  LEARNER_COMMIT_RECEIVED_COUNT("learner_commit_received_count"),
  LEARNER_PROPOSAL_RECEIVED_COUNT("learner_proposal_received_count"),
  LOOKING_COUNT("looking_count"),
  OUTSTANDING_CHANGES_QUEUED("outstanding_changes_queued"),
  OUTSTANDING_CHANGES_REMOVED("outstanding_changes_removed"),
  PREP_PROCESSOR_REQUEST_QUEUED("prep_processor_request_queued"),
  PROPOSAL_COUNT("proposal_count"),
  QUIT_LEADING_DUE_TO_DISLOYAL_VOTER("quit_leading_due_to_disloyal_voter"),
  REQUEST_COMMIT_QUEUED("request_commit_queued"),
  REQUEST_THROTTLE_WAIT_COUNT("request_throttle_wait_count"),
  REQUESTS_NOT_FORWARDED_TO_COMMIT_PROCESSOR("requests_not_forwarded_to_commit_processor"),
  RESPONSE_BYTES("response_bytes"),
  RESPONSE_PACKET_CACHE_HITS("response_packet_cache_hits"),
  RESPONSE_PACKET_CACHE_MISSES("response_packet_cache_misses"),
  RESPONSE_PACKET_GET_CHILDREN_CACHE_HITS("response_packet_get_children_cache_hits"),
  RESPONSE_PACKET_GET_CHILDREN_CACHE_MISSES("response_packet_get_children_cache_misses"),
  RESTORE_ERROR_COUNT("restore_error_count"),
  RESTORE_RATE_LIMITED_COUNT("restore_rate_limited_count"),
  REVALIDATE_COUNT("revalidate_count"),
  SESSIONLESS_CONNECTIONS_EXPIRED("sessionless_connections_expired"),
  SKIP_LEARNER_REQUEST_TO_NEXT_PROCESSOR_COUNT("skip_learner_request_to_next_processor_count"),
  SNAP_COUNT("snap_count"),
  SNAPSHOT_ERROR_COUNT("snapshot_error_count"),
  SNAPSHOT_RATE_LIMITED_COUNT("snapshot_rate_limited_count"),
  STALE_REPLIES("stale_replies"),
  STALE_REQUESTS("stale_requests"),
  STALE_REQUESTS_DROPPED("stale_requests_dropped"),
  STALE_SESSIONS_EXPIRED("stale_sessions_expired"),
  SYNC_PROCESSOR_REQUEST_QUEUED("sync_processor_request_queued"),
  THROTTLED_OPS("throttled_ops"),
  TLS_HANDSHAKE_EXCEEDED("tls_handshake_exceeded"),
  UNRECOVERABLE_ERROR_COUNT("unrecoverable_error_count"),
  UNSUCCESSFUL_HANDSHAKE("unsuccessful_handshake"),
  WATCH_BYTES("watch_bytes"),

  // Shown among the gauges, because that is what they are called in Apache.
  PACKETS_RECEIVED("packets_received"),
  PACKETS_SENT("packets_sent"),
  AUTH_FAILED_COUNT("auth_failed_count", false),
  NON_MTLS_LOCAL_CONN_COUNT("non_mtls_local_conn_count", false),
  NON_MTLS_REMOTE_CONN_COUNT("non_mtls_remote_conn_count", false),

  // Shown by the AdminServer only, as in Apache.
  SLOW_FSYNCS("fsync_threshold_exceed_count");

  private final String key;
  private final boolean resettable;

  Counter(String key) {
    this(key, true);
  }

  Counter(String key, boolean resettable) {
    this.key = key;
    this.resettable = resettable;
  }

  /** The name in {@code mntr}, without {@code zk_}. */
  public String key() {
    return key;
  }

  /** Whether {@code srst} sets it back. */
  boolean isResettable() {
    return resettable;
  }

  /** Whether it belongs among the gauges. */
  boolean isGauge() {
    return ordinal() >= PACKETS_RECEIVED.ordinal();
  }
}
