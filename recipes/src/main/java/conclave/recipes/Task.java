package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A task that was handed in, as its generator sees it. Bound to no session and no process: whoever
 * knows the name can ask. Thread-safe.
 */
public final class Task {
  private final ConclaveClient client;
  private final TaskDistribution work;
  private final String name;

  Task(ConclaveClient client, TaskDistribution work, String name) {
    this.client = client;
    this.work = work;
    this.name = name;
  }

  public String name() {
    return name;
  }

  /** Completes when there is a result; waits for it through lost connections and sessions. */
  public CompletableFuture<TaskResult> result() {
    CompletableFuture<TaskResult> result = new CompletableFuture<>();
    Registration watch =
        client
            .watch(work.at(TaskDistribution.RESULTS, name))
            .forEach(
                found ->
                    found.ifPresent(
                        node -> {
                          if (!result.isDone()) {
                            complete(result, node);
                          }
                        }),
                result::completeExceptionally);
    result.whenComplete((done, failure) -> watch.close());
    return result;
  }

  private static void complete(CompletableFuture<TaskResult> result, Node node) {
    byte[] data = node.data();
    try {
      result.complete(TaskResult.parse(data == null ? new byte[0] : data));
    } catch (IllegalArgumentException e) {
      result.completeExceptionally(e);
    }
  }

  /** What its worker has reported last; empty when it has none, or has reported nothing yet. */
  public CompletableFuture<Optional<String>> progress() {
    return client
        .getData(work.at(TaskDistribution.PROGRESS, name))
        .thenApply(
            outcome ->
                Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE))
                    .map(Node::data)
                    .filter(data -> data.length > 0)
                    .map(data -> new String(data, UTF_8)));
  }

  /** Who has been given it; empty while nobody has, and when it is finished. */
  public CompletableFuture<Optional<String>> worker() {
    return client
        .getData(work.at(TaskDistribution.ASSIGNMENTS, name))
        .thenApply(
            outcome ->
                Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE))
                    .map(Node::data)
                    .map(data -> TaskDistribution.Assignee.parse(data).worker()));
  }

  /** Removes the result, which stays until somebody does; goes on until it is gone. */
  public CompletableFuture<Void> forget() {
    return client
        .deleteSurely(work.at(TaskDistribution.RESULTS, name))
        .handle(
            (gone, failure) -> {
              Throwable cause = failure == null ? null : ConclaveException.causeOf(failure);
              if (cause == null) {
                return CompletableFuture.<Void>completedFuture(null);
              }
              boolean again = cause instanceof SessionEndedException && !client.isEnded();
              return again ? forget() : CompletableFuture.<Void>failedFuture(cause);
            })
        .thenCompose(next -> next);
  }
}
