package conclave.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a client behaves; {@link #defaults} suits most. Immutable: each {@code with} method answers a
 * copy.
 */
public final class ClientOptions {
  private static final ClientOptions DEFAULTS = new ClientOptions();

  private int sessionTimeoutMs = 30_000;
  private int connectTimeoutMs = 5_000;
  private long firstConnectWithinMs = 15_000;
  private long requestTimeoutMs = 30_000;
  private boolean acceptReadOnly;
  private boolean renewSession = true;
  private int maxReplyBytes = 64 << 20;
  private List<Credentials> credentials = List.of();
  private @Nullable TlsOptions tls;
  private @Nullable SaslOptions sasl;

  private ClientOptions() {}

  private ClientOptions(ClientOptions other) {
    sessionTimeoutMs = other.sessionTimeoutMs;
    connectTimeoutMs = other.connectTimeoutMs;
    firstConnectWithinMs = other.firstConnectWithinMs;
    requestTimeoutMs = other.requestTimeoutMs;
    acceptReadOnly = other.acceptReadOnly;
    renewSession = other.renewSession;
    maxReplyBytes = other.maxReplyBytes;
    credentials = other.credentials;
    tls = other.tls;
    sasl = other.sasl;
  }

  /**
   * What somebody proves to be, as {@code digest} with {@code user:password}.
   *
   * @param scheme the name of the scheme at the server
   */
  public record Credentials(String scheme, byte[] secret) {
    @Override
    public String toString() {
      return scheme + ":***";
    }
  }

  public static ClientOptions defaults() {
    return DEFAULTS;
  }

  /** How long the session outlives its connection; the server may agree to another value. */
  public int sessionTimeoutMs() {
    return sessionTimeoutMs;
  }

  public ClientOptions withSessionTimeoutMs(int ms) {
    ClientOptions copy = new ClientOptions(this);
    copy.sessionTimeoutMs = requirePositive("sessionTimeoutMs", ms);
    return copy;
  }

  /**
   * How long one attempt at one server may take, handshake included; while there is a session to
   * keep, no longer than a third of its timeout.
   */
  public int connectTimeoutMs() {
    return connectTimeoutMs;
  }

  public ClientOptions withConnectTimeoutMs(int ms) {
    ClientOptions copy = new ClientOptions(this);
    copy.connectTimeoutMs = requirePositive("connectTimeoutMs", ms);
    return copy;
  }

  /** How long {@link ConclaveClient#connect} goes on trying; 0 is one attempt at every server. */
  public long firstConnectWithinMs() {
    return firstConnectWithinMs;
  }

  public ClientOptions withFirstConnectWithinMs(long ms) {
    if (ms < 0) {
      throw new IllegalArgumentException("firstConnectWithinMs=" + ms + ", but 0 is the least");
    }
    ClientOptions copy = new ClientOptions(this);
    copy.firstConnectWithinMs = ms;
    return copy;
  }

  /**
   * How long a request may take, the time without a connection included; {@link
   * ConclaveClient#within} is for single requests.
   */
  public long requestTimeoutMs() {
    return requestTimeoutMs;
  }

  public ClientOptions withRequestTimeoutMs(long ms) {
    if (ms <= 0) {
      throw new IllegalArgumentException("requestTimeoutMs=" + ms + ", but 1 is the least");
    }
    ClientOptions copy = new ClientOptions(this);
    copy.requestTimeoutMs = ms;
    return copy;
  }

  /** Whether a server that has lost its quorum will do, for reading. */
  public boolean acceptReadOnly() {
    return acceptReadOnly;
  }

  public ClientOptions withAcceptReadOnly(boolean accept) {
    ClientOptions copy = new ClientOptions(this);
    copy.acceptReadOnly = accept;
    return copy;
  }

  /** Whether the client begins a new session when it has lost its own. */
  public boolean renewSession() {
    return renewSession;
  }

  public ClientOptions withRenewSession(boolean renew) {
    ClientOptions copy = new ClientOptions(this);
    copy.renewSession = renew;
    return copy;
  }

  /** The longest reply that is accepted; a longer one breaks the connection. */
  public int maxReplyBytes() {
    return maxReplyBytes;
  }

  public ClientOptions withMaxReplyBytes(int bytes) {
    ClientOptions copy = new ClientOptions(this);
    copy.maxReplyBytes = requirePositive("maxReplyBytes", bytes);
    return copy;
  }

  /** What is presented on every connection, before anything else. */
  public List<Credentials> credentials() {
    return credentials;
  }

  /** One more proof of who the client is, as {@code digest} with {@code user:password}. */
  public ClientOptions withCredentials(String scheme, byte[] secret) {
    ClientOptions copy = new ClientOptions(this);
    List<Credentials> all = new ArrayList<>(credentials);
    all.add(new Credentials(Objects.requireNonNull(scheme), secret.clone()));
    copy.credentials = List.copyOf(all);
    return copy;
  }

  /** How to encrypt; null for not at all. */
  public @Nullable TlsOptions tls() {
    return tls;
  }

  public ClientOptions withTls(TlsOptions options) {
    ClientOptions copy = new ClientOptions(this);
    copy.tls = Objects.requireNonNull(options);
    return copy;
  }

  /** How to log in by SASL; null for not at all. */
  public @Nullable SaslOptions sasl() {
    return sasl;
  }

  public ClientOptions withSasl(SaslOptions options) {
    ClientOptions copy = new ClientOptions(this);
    copy.sasl = Objects.requireNonNull(options);
    return copy;
  }

  private static int requirePositive(String name, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + "=" + value + ", but 1 is the least");
    }
    return value;
  }
}
