package conclave.replica;

import conclave.state.SessionExpiry;
import org.jspecify.annotations.Nullable;

/**
 * A client that has reconnected wants its session, whose password it knew; and the answer to that.
 */
public final class Attach implements Delivery {
  private final Client client;
  private final long sessionId;
  private final int timeoutMs;
  private SessionExpiry.@Nullable Handle session;
  private boolean lost;

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

  /** This member lost its leader before it was known whether the session is alive. */
  void lost() {
    lost = true;
  }

  /** Whether the connection is to be ended without an answer: the client tries another server. */
  public boolean isLost() {
    return lost;
  }

  void granted(SessionExpiry.Handle handle) {
    this.session = handle;
  }

  /** The session, or null when there is none of that id any more. */
  public SessionExpiry.@Nullable Handle session() {
    return session;
  }
}
