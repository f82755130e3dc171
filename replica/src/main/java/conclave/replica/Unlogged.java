package conclave.replica;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.state.Outcome;

/**
 * What has its turn among the changes and takes no zxid. As in Apache: of what can't be read only a
 * multi takes one.
 */
final class Unlogged {
  private Unlogged() {}

  static boolean is(Request request) {
    return request instanceof Request.Sync || isGarbage(request);
  }

  /** Something that nobody could make sense of, and that is answered so in its turn. */
  static boolean isGarbage(Request request) {
    return request instanceof Request.Unreadable && request.op() != OpCode.MULTI;
  }

  static Outcome outcome(Request request) {
    return request instanceof Request.Sync sync
        ? new Outcome(ErrorCode.OK, new Reply.OfPath(sync.path()))
        : new Outcome(ErrorCode.MARSHALLING_ERROR, Reply.NOTHING);
  }
}
