package conclave.server.admin;

import java.net.SocketAddress;

/**
 * One connection at one moment.
 *
 * @param interestOps 1 when the server reads from it, plus 4 when something waits to be written
 * @param sessionId 0 before there is a session
 * @param lastOperation four letters, as {@code GETD}, or {@code NA}
 * @param lastCxid -1 before the first request
 * @param lastResponseMs the monotonic clock
 * @param expiresAtEpochMs when the connection is closed if nothing comes
 * @param secure whether it is encrypted
 */
public record ConnectionView(
    SocketAddress remoteAddress,
    int interestOps,
    long outstandingRequests,
    long packetsReceived,
    long packetsSent,
    long sessionId,
    String lastOperation,
    long establishedEpochMs,
    int sessionTimeoutMs,
    long lastCxid,
    long lastZxid,
    long lastResponseMs,
    long lastLatencyMs,
    long minLatencyMs,
    long avgLatencyMs,
    long maxLatencyMs,
    long expiresAtEpochMs,
    boolean secure) {}
