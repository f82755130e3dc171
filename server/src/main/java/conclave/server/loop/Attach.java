package conclave.server.loop;

import conclave.state.SessionExpiry;
import org.jspecify.annotations.Nullable;

/**
 * A client that has reconnected wants its session, whose password it knew; and the answer to that.
 */
public final class Attach implements Command, Delivery {
  private final Client client;
  private final long sessionId;
  private final int timeoutMs;
  private SessionExpiry.@Nullable Handle session;

  public Attach(Client client, long sessionId, int timeoutMs) {
    this.client = client;
    this.sessionId = sessionId;
    this.timeoutMs = timeoutMs;
  }

  @Override
  public Client client() {
    return client;
  }

  public long sessionId() {
    return sessionId;
  }

  public int timeoutMs() {
    return timeoutMs;
  }

  void granted(SessionExpiry.Handle handle) {
    this.session = handle;
  }

  /** The session, or null when there is none of that id any more. */
  public SessionExpiry.@Nullable Handle session() {
    return session;
  }
}
