package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import java.util.concurrent.CompletableFuture;

/** One attempt at a task, as its {@link TaskWorker.Handler} sees it. Thread-safe. */
public final class Job {
  private final ConclaveClient client;
  private final TaskDistribution work;
  private final String task;
  private final int attempt;
  private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
  private volatile byte[] payload = new byte[0];

  Job(ConclaveClient client, TaskDistribution work, String task, int attempt) {
    this.client = client;
    this.work = work;
    this.task = task;
    this.attempt = attempt;
  }

  /** The task's name. */
  public String task() {
    return task;
  }

  public byte[] payload() {
    return payload;
  }

  /** Counted from 1: greater than 1 when earlier workers have died, and so a fencing token too. */
  public int attempt() {
    return attempt;
  }

  /** Completes when the task is another worker's, or will be: the handler had better stop. */
  public CompletableFuture<Void> cancelled() {
    return cancelled.copy();
  }

  public boolean isCancelled() {
    return cancelled.isDone();
  }

  /** Says how far it is, for whoever asks; does nothing once the task is another worker's. */
  public CompletableFuture<Void> report(String progress) {
    if (isCancelled()) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .inThisSession()
        .setData(
            work.at(TaskDistribution.PROGRESS, task),
            progress.getBytes(UTF_8),
            ConclaveClient.ANY_VERSION)
        .thenAccept(outcome -> outcome.orNullIf(conclave.client.Refusal.NO_NODE));
  }

  void begin(byte[] its) {
    payload = its;
  }

  void cancel() {
    cancelled.complete(null);
  }
}
