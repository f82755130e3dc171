package conclave.server.admin;

import java.net.SocketAddress;

/**
 * What is known of one connection's traffic. Its event loop writes, anybody may read: numbers read
 * together may be of slightly different moments, which is good enough to be looked at.
 */
public final class ConnectionStats {

  private static final int RECEIVED = 0;
  private static final int LAST_CXID = 1;
  private static final int LAST_ZXID = 2;
  private static final int LAST_RESPONSE_MS = 3;
  private static final int LAST_LATENCY_MS = 4;
  private static final int MIN_LATENCY_MS = 5;
  private static final int MAX_LATENCY_MS = 6;
  private static final int RESPONSES = 7;
  private static final int TOTAL_LATENCY_MS = 8;
  private static final int SENT = 9;

  private final Cells cells = new Cells(10);

  private volatile String lastOperation = "NA";

  public ConnectionStats() {
    reset();
  }

  public void packetReceived() {
    cells.add(RECEIVED, 1);
  }

  public void packetSent() {
    cells.add(SENT, 1);
  }

  /**
   * A request was answered.
   *
   * @param operation four letters, as {@code GETD}
   * @param nowMs the monotonic clock
   */
  public void responded(int cxid, long zxid, String operation, long nowMs, long latencyMs) {
    // Pings and the like have negative ids; what interests is the client's last own request.
    if (cxid >= 0) {
      cells.set(LAST_CXID, cxid);
    }
    cells.set(LAST_ZXID, zxid);
    cells.set(LAST_RESPONSE_MS, nowMs);
    cells.set(LAST_LATENCY_MS, latencyMs);
    cells.set(MIN_LATENCY_MS, Math.min(latencyMs, cells.get(MIN_LATENCY_MS)));
    cells.set(MAX_LATENCY_MS, Math.max(latencyMs, cells.get(MAX_LATENCY_MS)));
    cells.add(RESPONSES, 1);
    cells.add(TOTAL_LATENCY_MS, latencyMs);
    if (!operation.equals(lastOperation)) {
      lastOperation = operation;
    }
  }

  /** What {@code crst} does; to be called on the connection's event loop like the rest. */
  public void reset() {
    for (int i = 0; i < cells.size(); i++) {
      cells.set(i, 0);
    }
    cells.set(LAST_CXID, -1);
    cells.set(LAST_ZXID, -1);
    cells.set(MIN_LATENCY_MS, Long.MAX_VALUE);
    lastOperation = "NA";
  }

  /**
   * These numbers together with what the connection knows of itself.
   *
   * @param eventsSent packets that were sent and not counted here
   */
  public ConnectionView view(
      SocketAddress remoteAddress,
      int interestOps,
      long outstandingRequests,
      long eventsSent,
      long sessionId,
      int sessionTimeoutMs,
      long establishedEpochMs,
      long expiresAtEpochMs,
      boolean secure) {
    long responses = cells.get(RESPONSES);
    long minLatencyMs = cells.get(MIN_LATENCY_MS);
    return new ConnectionView(
        remoteAddress,
        interestOps,
        outstandingRequests,
        cells.get(RECEIVED),
        cells.get(SENT) + eventsSent,
        sessionId,
        lastOperation,
        establishedEpochMs,
        sessionTimeoutMs,
        cells.get(LAST_CXID),
        cells.get(LAST_ZXID),
        cells.get(LAST_RESPONSE_MS),
        cells.get(LAST_LATENCY_MS),
        minLatencyMs == Long.MAX_VALUE ? 0 : minLatencyMs,
        responses == 0 ? 0 : cells.get(TOTAL_LATENCY_MS) / responses,
        cells.get(MAX_LATENCY_MS),
        expiresAtEpochMs,
        secure);
  }
}
