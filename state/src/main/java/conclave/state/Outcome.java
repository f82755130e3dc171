package conclave.state;

import conclave.protocol.ErrorCode;
import conclave.protocol.Reply;

/**
 * What became of a transaction, for whoever asked for it.
 *
 * @param error OK also for a multi that was refused, whose items then tell why (as Apache answers)
 * @param reply the body; {@link Reply#NOTHING} when {@code error} is not OK
 */
public record Outcome(ErrorCode error, Reply reply) {
  static final Outcome DONE = new Outcome(ErrorCode.OK, Reply.NOTHING);

  static Outcome of(Reply reply) {
    return new Outcome(ErrorCode.OK, reply);
  }

  static Outcome refused(ErrorCode error) {
    return new Outcome(error, Reply.NOTHING);
  }
}
