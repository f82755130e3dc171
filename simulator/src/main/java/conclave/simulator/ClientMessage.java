package conclave.simulator;

import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.Reply;
import conclave.protocol.Request;

/** What a client and a member say to each other. */
sealed interface ClientMessage {

  /**
   * The client's first word.
   *
   * @param session 0 for a new one
   * @param readOnly whether it is content with reading
   */
  record Hello(long session, long seenZxid, int timeoutMs, boolean readOnly)
      implements ClientMessage {}

  /**
   * The answer to it.
   *
   * @param session 0 when there is none of that id any more
   * @param readOnly whether the member has no leader, and answers readers only
   */
  record Welcome(long session, int timeoutMs, boolean readOnly) implements ClientMessage {}

  record Ask(int xid, Request request) implements ClientMessage {}

  record Answer(int xid, long zxid, ErrorCode error, Reply reply) implements ClientMessage {}

  record Event(EventType type, String path, long zxid) implements ClientMessage {}
}
