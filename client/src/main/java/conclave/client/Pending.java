package conclave.client;

import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import java.util.concurrent.CompletableFuture;

/**
 * A request that has no answer yet.
 *
 * @param xid one of the reserved numbers of {@link conclave.protocol.Xid}, or 0: the connection
 *     gives it a number
 * @param giveUpAtNanos when to stop waiting for a connection, if it has not been sent
 */
record Pending(Request request, int xid, long giveUpAtNanos, CompletableFuture<Answer> future) {

  /** What the server said: a header, and a body when the header tells of success. */
  record Answer(ReplyHeader header, Reply body) {}

  /**
   * The path that the request names, as the server knows it, for messages; empty when it names
   * none.
   */
  String path() {
    return request instanceof Request.OfPath named ? named.path() : "";
  }

  void fail(ConclaveException cause) {
    future.completeExceptionally(cause);
  }
}
