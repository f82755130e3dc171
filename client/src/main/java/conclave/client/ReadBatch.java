package conclave.client;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Several reads in one request, made by {@link ConclaveClient#readBatch}: one message there and
 * back. Each has an outcome of its own. Servers have it since 3.6.
 *
 * <p>Belongs to one thread, and is used up by {@link #send}.
 */
public final class ReadBatch {
  private final ConclaveClient client;
  private final List<Request> ops = new ArrayList<>();
  private final List<Answer<?>> answers = new ArrayList<>();
  private boolean sent;

  /** What waits for the outcome of one read. */
  private record Answer<T>(
      OpCode op, String path, Function<Reply, T> result, CompletableFuture<Outcome<T>> future) {

    void complete(Reply.OpResult answered) {
      if (answered.error() == ErrorCode.OK) {
        future.complete(new Outcome.Done<>(result.apply(answered.reply())));
        return;
      }
      Refusal refusal = Refusal.of(answered.error());
      if (refusal == null) {
        future.completeExceptionally(new RefusedException(op, path, answered.error()));
      } else {
        future.complete(new Outcome.Refused<>(refusal, op, path));
      }
    }
  }

  ReadBatch(ConclaveClient client) {
    this.client = client;
  }

  public CompletableFuture<Outcome<Node>> getData(String path) {
    return add(
        new Request.GetData(client.onServer(path), false),
        path,
        reply -> {
          Reply.OfData data = (Reply.OfData) reply;
          return new Node(data.data(), data.stat());
        });
  }

  /** The names of the children; a batch does not tell the znode's metadata with them. */
  public CompletableFuture<Outcome<List<String>>> getChildren(String path) {
    return add(
        new Request.GetChildren(OpCode.GET_CHILDREN, client.onServer(path), false),
        path,
        reply -> ((Reply.OfNames) reply).names());
  }

  private <T> CompletableFuture<Outcome<T>> add(
      Request request, String path, Function<Reply, T> result) {
    CompletableFuture<Outcome<T>> future = new CompletableFuture<>();
    ops.add(request);
    answers.add(new Answer<>(request.op(), path, result, future));
    return future;
  }

  /** Sends it. Completes when all of it is answered; when it fails, all of it has failed. */
  public CompletableFuture<Void> send() {
    if (sent) {
      throw new IllegalStateException("the batch was sent before");
    }
    sent = true;
    if (ops.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .readAll(List.copyOf(ops))
        .whenComplete(
            (results, failure) -> {
              if (results == null) {
                Throwable cause = ConclaveException.causeOf(failure);
                answers.forEach(answer -> answer.future().completeExceptionally(cause));
                return;
              }
              for (int i = 0; i < answers.size(); i++) {
                answers.get(i).complete(results.get(i));
              }
            })
        .thenAccept(results -> {});
  }
}
