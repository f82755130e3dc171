package conclave.server.admin;

/**
 * What is measured again and again, by the names of {@code mntr}: times in milliseconds, sizes,
 * lengths of queues. As with {@link Counter}, those without a meaning here stay at zero.
 */
public enum Summary {
  COMMIT_COMMIT_PROC_REQ_QUEUED("commit_commit_proc_req_queued", false),
  COMMIT_PROCESS_TIME("commit_process_time", false),
  CONCURRENT_REQUEST_PROCESSING_IN_COMMIT_PROCESSOR(
      "concurrent_request_processing_in_commit_processor", false),
  CONNECTION_TOKEN_DEFICIT("connection_token_deficit", false),
  DBINITTIME("dbinittime", false),
  ELECTION_TIME("election_time", false),
  FOLLOWER_SYNC_TIME("follower_sync_time", false),
  FSYNCTIME("fsynctime", false),
  INFLIGHT_DIFF_COUNT("inflight_diff_count", false),
  INFLIGHT_SNAP_COUNT("inflight_snap_count", false),
  LEADER_UNAVAILABLE_TIME("leader_unavailable_time", false),
  LEARNER_REQUEST_PROCESSOR_QUEUE_SIZE("learner_request_processor_queue_size", false),
  NETTY_QUEUED_BUFFER_CAPACITY("netty_queued_buffer_capacity", false),
  NODE_CHANGED_WATCH_COUNT("node_changed_watch_count", false),
  NODE_CHILDREN_WATCH_COUNT("node_children_watch_count", false),
  NODE_CREATED_WATCH_COUNT("node_created_watch_count", false),
  NODE_DELETED_WATCH_COUNT("node_deleted_watch_count", false),
  OBSERVER_SYNC_TIME("observer_sync_time", false),
  PENDING_SESSION_QUEUE_SIZE("pending_session_queue_size", false),
  PREP_PROCESS_TIME("prep_process_time", false),
  PREP_PROCESSOR_QUEUE_SIZE("prep_processor_queue_size", false),
  PROPOSAL_PROCESS_TIME("proposal_process_time", false),
  READ_COMMIT_PROC_ISSUED("read_commit_proc_issued", false),
  READ_COMMIT_PROC_REQ_QUEUED("read_commit_proc_req_queued", false),
  READS_AFTER_WRITE_IN_SESSION_QUEUE("reads_after_write_in_session_queue", false),
  READS_ISSUED_FROM_SESSION_QUEUE("reads_issued_from_session_queue", false),
  REQUESTS_IN_SESSION_QUEUE("requests_in_session_queue", false),
  RESTORE_TIME("restore_time", false),
  SESSION_QUEUES_DRAINED("session_queues_drained", false),
  SNAPSHOTTIME("snapshottime", false),
  SOCKET_CLOSING_TIME("socket_closing_time", false),
  STARTUP_SNAP_LOAD_TIME("startup_snap_load_time", false),
  STARTUP_TXNS_LOAD_TIME("startup_txns_load_time", false),
  STARTUP_TXNS_LOADED("startup_txns_loaded", false),
  SYNC_PROCESS_TIME("sync_process_time", false),
  SYNC_PROCESSOR_BATCH_SIZE("sync_processor_batch_size", false),
  SYNC_PROCESSOR_QUEUE_SIZE("sync_processor_queue_size", false),
  TIME_WAITING_EMPTY_POOL_IN_COMMIT_PROCESSOR_READ_MS(
      "time_waiting_empty_pool_in_commit_processor_read_ms", false),
  UNAVAILABLE_TIME("unavailable_time", false),
  WRITE_BATCH_TIME_IN_COMMIT_PROCESSOR("write_batch_time_in_commit_processor", false),
  WRITE_COMMIT_PROC_ISSUED("write_commit_proc_issued", false),
  WRITE_COMMIT_PROC_REQ_QUEUED("write_commit_proc_req_queued", false),

  // With percentiles.
  CLOSE_SESSION_PREP_TIME("close_session_prep_time", true),
  COMMIT_PROPAGATION_LATENCY("commit_propagation_latency", true),
  DEAD_WATCHERS_CLEANER_LATENCY("dead_watchers_cleaner_latency", true),
  JVM_PAUSE_TIME_MS("jvm_pause_time_ms", true),
  LOCAL_WRITE_COMMITTED_TIME_MS("local_write_committed_time_ms", true),
  OM_COMMIT_PROCESS_TIME_MS("om_commit_process_time_ms", true),
  OM_PROPOSAL_PROCESS_TIME_MS("om_proposal_process_time_ms", true),
  PREP_PROCESSOR_QUEUE_TIME_MS("prep_processor_queue_time_ms", true),
  PROPAGATION_LATENCY("propagation_latency", true),
  PROPOSAL_ACK_CREATION_LATENCY("proposal_ack_creation_latency", true),
  PROPOSAL_LATENCY("proposal_latency", true),
  QUORUM_ACK_LATENCY("quorum_ack_latency", true),
  READ_COMMITPROC_TIME_MS("read_commitproc_time_ms", true),
  READ_FINAL_PROC_TIME_MS("read_final_proc_time_ms", true),
  READLATENCY("readlatency", true),
  REQUEST_THROTTLE_QUEUE_TIME_MS("request_throttle_queue_time_ms", true),
  SERVER_WRITE_COMMITTED_TIME_MS("server_write_committed_time_ms", true),
  SYNC_PROCESSOR_QUEUE_AND_FLUSH_TIME_MS("sync_processor_queue_and_flush_time_ms", true),
  SYNC_PROCESSOR_QUEUE_FLUSH_TIME_MS("sync_processor_queue_flush_time_ms", true),
  SYNC_PROCESSOR_QUEUE_TIME_MS("sync_processor_queue_time_ms", true),
  UPDATELATENCY("updatelatency", true),
  WRITE_COMMITPROC_TIME_MS("write_commitproc_time_ms", true),
  WRITE_FINAL_PROC_TIME_MS("write_final_proc_time_ms", true),

  // Shown among the gauges.
  REQUEST_LATENCY("latency", false),
  CLIENT_RESPONSE_SIZE("client_response_size", false);

  private final String key;
  private final boolean percentiles;

  Summary(String key, boolean percentiles) {
    this.key = key;
    this.percentiles = percentiles;
  }

  /** The name in {@code mntr}, without {@code zk_} and without what it is of. */
  public String key() {
    return key;
  }

  boolean hasPercentiles() {
    return percentiles;
  }

  /** Whether it belongs among the gauges. */
  boolean isGauge() {
    return ordinal() >= REQUEST_LATENCY.ordinal();
  }
}
