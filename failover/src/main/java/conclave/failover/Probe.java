package conclave.failover;

/**
 * What one health check has brought.
 *
 * @param role what the service says that it is; UNKNOWN where nobody asked
 */
record Probe(Result result, ServiceState role, String detail) {
  enum Result {
    WELL,
    /** It answers, and isn't well. */
    ILL,
    /** It doesn't answer. */
    SILENT,
    /** The check can't be made. */
    IMPOSSIBLE
  }
}
