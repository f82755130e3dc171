package conclave.client;

import java.util.Objects;

/**
 * How a client behaves; {@link #defaults} suits most.
 *
 * @param sessionTimeoutMs how long the session outlives its connection; the server may agree to
 *     another value
 * @param connectTimeoutMs how long one attempt at one server may take, handshake included
 * @param firstConnectWithinMs how long {@link ConclaveClient#connect} goes on trying; 0 is one
 *     attempt at every server
 * @param acceptReadOnly whether a server that has lost its quorum will do, for reading
 * @param maxReplyBytes the longest reply that is accepted; a longer one breaks the connection
 * @param listener what to tell of watch events and of the session
 */
public record ClientOptions(
    int sessionTimeoutMs,
    int connectTimeoutMs,
    long firstConnectWithinMs,
    boolean acceptReadOnly,
    int maxReplyBytes,
    ClientListener listener) {

  private static final ClientOptions DEFAULTS =
      new ClientOptions(30_000, 5_000, 15_000, false, 64 << 20, ClientListener.NONE);

  public ClientOptions {
    requirePositive("sessionTimeoutMs", sessionTimeoutMs);
    requirePositive("connectTimeoutMs", connectTimeoutMs);
    requirePositive("maxReplyBytes", maxReplyBytes);
    if (firstConnectWithinMs < 0) {
      throw new IllegalArgumentException(
          "firstConnectWithinMs=" + firstConnectWithinMs + ", but 0 is the least");
    }
    Objects.requireNonNull(listener, "listener");
  }

  public static ClientOptions defaults() {
    return DEFAULTS;
  }

  public ClientOptions withSessionTimeoutMs(int ms) {
    return new ClientOptions(
        ms, connectTimeoutMs, firstConnectWithinMs, acceptReadOnly, maxReplyBytes, listener);
  }

  public ClientOptions withConnectTimeoutMs(int ms) {
    return new ClientOptions(
        sessionTimeoutMs, ms, firstConnectWithinMs, acceptReadOnly, maxReplyBytes, listener);
  }

  public ClientOptions withFirstConnectWithinMs(long ms) {
    return new ClientOptions(
        sessionTimeoutMs, connectTimeoutMs, ms, acceptReadOnly, maxReplyBytes, listener);
  }

  public ClientOptions withAcceptReadOnly(boolean accept) {
    return new ClientOptions(
        sessionTimeoutMs, connectTimeoutMs, firstConnectWithinMs, accept, maxReplyBytes, listener);
  }

  public ClientOptions withMaxReplyBytes(int bytes) {
    return new ClientOptions(
        sessionTimeoutMs, connectTimeoutMs, firstConnectWithinMs, acceptReadOnly, bytes, listener);
  }

  public ClientOptions withListener(ClientListener newListener) {
    return new ClientOptions(
        sessionTimeoutMs,
        connectTimeoutMs,
        firstConnectWithinMs,
        acceptReadOnly,
        maxReplyBytes,
        newListener);
  }

  private static void requirePositive(String name, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + "=" + value + ", but 1 is the least");
    }
  }
}
