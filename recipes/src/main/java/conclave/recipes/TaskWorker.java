package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEvent;
import conclave.client.SessionState;
import conclave.client.TransactionOutcome;
import conclave.recipes.TaskDistribution.Assignee;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the tasks of a {@link TaskDistribution} that it is given. When its session is lost, its jobs
 * are told to stop, since others will do them; what they return then is thrown away. Thread-safe.
 */
public final class TaskWorker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskWorker.class);

  /** How tasks are done. */
  @FunctionalInterface
  public interface Handler {
    /** Does one; a future that fails is the task's result too. */
    CompletableFuture<byte[]> run(Job job);
  }

  private final ConclaveClient client;
  private final TaskDistribution work;
  private final Executor runOn;
  private final Handler handler;
  private final Membership membership;
  private final Cache assignments;
  private final Map<String, Job> jobs = new HashMap<>();

  private @Nullable Registration session;
  private boolean closed;

  TaskWorker(
      ConclaveClient client,
      TaskDistribution work,
      String id,
      int capacity,
      Executor runOn,
      Handler handler) {
    this.client = client;
    this.work = work;
    this.runOn = runOn;
    this.handler = handler;
    this.membership =
        new Membership(
            client,
            Group.childOf(work.at(TaskDistribution.WORKERS), id),
            Integer.toString(capacity).getBytes(UTF_8),
            this::lookAtAll);
    this.assignments = client.cache(work.at(TaskDistribution.ASSIGNMENTS), Cache.Depth.CHILDREN);
  }

  CompletableFuture<TaskWorker> start() {
    return assignments
        .start()
        .thenCompose(
            loaded -> {
              assignments.onChange(change -> lookAt(change.path(), change.now()));
              session = client.onSession(this::sessionChanged);
              return membership.start();
            })
        .thenApply(joined -> this);
  }

  public String id() {
    return membership.id();
  }

  /** Takes nothing more and tells its jobs to stop; completes when its tasks can go to others. */
  public CompletableFuture<Void> leave() {
    client
        .executor()
        .execute(
            () -> {
              closed = true;
              Registration listening = session;
              if (listening != null) {
                listening.close();
              }
              assignments.close();
              cancelAll();
            });
    return membership.leave();
  }

  /** Takes nothing more, without waiting. */
  @Override
  public void close() {
    leave();
  }

  private void sessionChanged(SessionEvent news) {
    SessionState state = news.state();
    if (state == SessionState.LOST
        || state == SessionState.CLOSED
        || state == SessionState.AUTH_FAILED) {
      cancelAll();
    }
  }

  private void cancelAll() {
    List<Job> all = List.copyOf(jobs.values());
    jobs.clear();
    all.forEach(Job::cancel);
  }

  /** What was assigned before this worker was told that it is in. */
  private void lookAtAll() {
    client.executor().execute(() -> assignments.nodes().forEach(this::lookAt));
  }

  private void lookAt(String at, @Nullable Node node) {
    if (closed || at.equals(work.at(TaskDistribution.ASSIGNMENTS))) {
      return;
    }
    String task = at.substring(at.lastIndexOf('/') + 1);
    byte[] data = node == null ? null : node.data();
    boolean mine =
        data != null
            && membership.isIn()
            && Assignee.parse(data).equals(new Assignee(id(), membership.sessionId()));
    Job running = jobs.get(task);
    if (running != null
        && (!mine || node == null || node.stat().version() + 1 != running.attempt())) {
      jobs.remove(task);
      running.cancel();
      running = null;
    }
    if (mine && node != null && running == null) {
      begin(task, node.stat().version() + 1);
    }
  }

  private void begin(String task, int attempt) {
    Job job = new Job(client, work, task, attempt);
    jobs.put(task, job);
    client
        .getData(work.at(TaskDistribution.TASKS, task))
        .whenComplete((outcome, failure) -> payloadRead(job, outcome, failure));
  }

  private void payloadRead(Job job, @Nullable Outcome<Node> outcome, @Nullable Throwable failure) {
    if (jobs.get(job.task()) != job) {
      return;
    }
    if (outcome == null) {
      jobs.remove(job.task(), job);
      if (Retry.isWorthIt(ConclaveException.causeOf(failure))) {
        client.schedule(this::lookAtAll, Retry.AFTER);
      }
      return;
    }
    Node node = outcome.orNullIf(Refusal.NO_NODE);
    if (node == null) {
      // It has its result; the assignment that was seen is about to go.
      jobs.remove(job.task(), job);
      return;
    }
    byte[] payload = node.data();
    job.begin(payload == null ? new byte[0] : payload);
    runOn.execute(() -> run(job));
  }

  private void run(Job job) {
    CompletableFuture<byte[]> done;
    try {
      done = handler.run(job);
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    done.whenComplete(
        (result, failure) -> {
          TaskResult becomes =
              failure == null
                  ? new TaskResult.Done(result)
                  : new TaskResult.Failed(String.valueOf(ConclaveException.causeOf(failure)));
          client.executor().execute(() -> finish(job, becomes));
        });
  }

  /** Only who has the assignment still, at the attempt that was begun, leaves a result. */
  private void finish(Job job, TaskResult result) {
    if (jobs.get(job.task()) != job) {
      return;
    }
    work.finish(client.inThisSession(), job.task(), job.attempt() - 1, result)
        .whenComplete((outcome, failure) -> finished(job, result, outcome, failure));
  }

  private void finished(
      Job job,
      TaskResult result,
      @Nullable TransactionOutcome outcome,
      @Nullable Throwable failure) {
    if (outcome != null) {
      if (!outcome.isCommitted()) {
        LOG.debug("{} had its result already, or is somebody else's", job.task());
      }
      jobs.remove(job.task(), job);
      return;
    }
    Throwable cause = ConclaveException.causeOf(failure);
    if (Retry.isWorthIt(cause)) {
      client.schedule(() -> finish(job, result), Retry.AFTER);
    } else if (result instanceof TaskResult.Done) {
      finish(job, new TaskResult.Failed("its result can't be written: " + cause.getMessage()));
    } else {
      LOG.warn("{} stays without a result: {}", job.task(), cause.getMessage());
    }
  }
}
