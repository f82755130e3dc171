package conclave.recipes;

import conclave.client.ConnectionLostException;
import conclave.client.DeadlineException;
import conclave.client.RefusedException;
import conclave.client.SessionEndedException;
import conclave.client.SessionState;
import java.time.Duration;

/** What a recipe does about a request that failed. */
final class Retry {
  /** Long enough for a server to come back to its senses, short enough that nobody notices. */
  static final Duration AFTER = Duration.ofMillis(200);

  private Retry() {}

  /** Whether the same request may well succeed later, in this session or the next one. */
  static boolean isWorthIt(Throwable cause) {
    if (cause instanceof RefusedException refused) {
      return switch (refused.error()) {
        case NOT_READ_ONLY, THROTTLED_OP, SESSION_MOVED, OPERATION_TIMEOUT -> true;
        default -> false;
      };
    }
    return cause instanceof ConnectionLostException
        || cause instanceof DeadlineException
        || cause instanceof SessionEndedException ended && ended.state() == SessionState.LOST;
  }
}
