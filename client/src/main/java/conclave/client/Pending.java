package conclave.client;

import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request that has no answer yet.
 *
 * @param xid one of the reserved numbers of {@link conclave.protocol.Xid}, or 0: the connection
 *     gives it a number
 * @param deadlineNanos when its caller stops waiting
 * @param generation the session that it is meant for, {@link #ANY_SESSION} for whichever there is
 * @param repeatable whether it may be sent again when a connection ended before its answer
 * @param event who waits for the watch that the request leaves at the server to fire, null for none
 * @param listener who listens to the watch that the request leaves at the server for good, null for
 *     none
 * @param result makes of the answer what the future completes with; the future fails with what it
 *     throws
 */
record Pending<T>(
    Request request,
    int xid,
    long deadlineNanos,
    int generation,
    boolean repeatable,
    @Nullable CompletableFuture<WatchEvent> event,
    @Nullable WatchListener listener,
    Function<Answer, T> result,
    CompletableFuture<T> future) {

  static final int ANY_SESSION = -1;

  /** What the server said: a header, and a body when the header tells of success. */
  record Answer(ReplyHeader header, Reply body) {}

  /** One that the client sends for itself: nobody waits for its answer. */
  static Pending<Answer> own(Request request, int xid) {
    return new Pending<>(
        request,
        xid,
        Long.MAX_VALUE,
        ANY_SESSION,
        false,
        null,
        null,
        Function.identity(),
        new CompletableFuture<>());
  }

  /**
   * The path that the request names, as the server knows it, for messages; empty when it names
   * none.
   */
  String path() {
    return request instanceof Request.OfPath named ? named.path() : "";
  }

  boolean hasDeadline() {
    return deadlineNanos != Long.MAX_VALUE;
  }

  boolean isOverdue(long nowNanos) {
    return hasDeadline() && deadlineNanos - nowNanos <= 0;
  }

  /** Completes the future here, and not in a stage of its own: there is one for every request. */
  void answered(ReplyHeader header, Reply body) {
    T value;
    try {
      value = result.apply(new Answer(header, body));
    } catch (RuntimeException e) {
      // A refusal that is no outcome, or an answer of another kind: the caller's to know.
      future.completeExceptionally(e);
      return;
    }
    future.complete(value);
  }

  void fail(ConclaveException cause) {
    future.completeExceptionally(cause);
  }
}
