package conclave.simulator;

import java.util.HashMap;
import java.util.Map;

/**
 * When one process last heard of each session: from its own connections and, once their answer to a
 * PING has come, from its learners'. A leader may end no session of which it has heard within its
 * timeout. What the answers say is not looked at here, only when they were sent and when they came.
 */
final class Touches {

  private record Heard(long atMs, int timeoutMs) {}

  private final Map<Long, Heard> heard = new HashMap<>();

  /** Own sessions that were heard of since the last answer to a PING, with their timeouts. */
  private Map<Long, Integer> untold = new HashMap<>();

  /** One of its own connections was heard of. */
  void heard(long session, int timeoutMs, long nowMs) {
    heard.put(session, new Heard(nowMs, timeoutMs));
    untold.put(session, timeoutMs);
  }

  /** An answer to a PING leaves: the leader is to know of these when it comes. */
  Map<Long, Integer> tell() {
    Map<Long, Integer> told = untold;
    untold = new HashMap<>();
    return told;
  }

  /** There is no leader any more to tell; the next gives every session its whole timeout. */
  void lost() {
    untold = new HashMap<>();
  }

  /** Such an answer has come. */
  void told(Map<Long, Integer> sessions, long nowMs) {
    sessions.forEach((session, timeoutMs) -> heard.put(session, new Heard(nowMs, timeoutMs)));
  }

  /** The process ends a session because it was silent. */
  void checkExpiry(SimulatedHost host, long session) {
    Heard last = heard.get(session);
    if (last != null && host.turnMs() < last.atMs() + last.timeoutMs()) {
      throw new Violation(
          "a session that is heard of does not expire",
          "session="
              + TreeModel.hex(session)
              + " heardMs="
              + last.atMs()
              + " timeoutMs="
              + last.timeoutMs()
              + " nowMs="
              + host.turnMs()
              + " server="
              + host.member().sid());
    }
  }
}
