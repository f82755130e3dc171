package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.TransactionOutcome;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Work that some processes have done by others: generators hand tasks in, a dispatcher gives them
 * to workers, workers report progress and leave results.
 *
 * <pre>{@code
 * TaskDistribution work = new TaskDistribution(client, "/thumbnails");
 * work.dispatch("host-1").join();
 * work.work("host-1", 4, pool, job -> CompletableFuture.completedFuture(shrink(job.payload()))).join();
 * Task task = work.submit("cat.png".getBytes(UTF_8)).join();
 * TaskResult result = task.result().join();
 * }</pre>
 *
 * <p><b>When sessions are lost:</b> a task that was handed in is there until it has a result,
 * whoever dies. A worker that dies, or loses its session, loses its tasks to others when its
 * session has expired: so each task is done <em>at least</em> once, and what it does to the outside
 * had better be the same when done twice. It has exactly <em>one</em> result: of several workers
 * that did it, only the one to which it is assigned at that time leaves its own. Any number of
 * dispatchers may run, in the same processes as the workers if one likes; the eldest acts, and two
 * at a time do no harm.
 *
 * <p>Layout: {@code tasks/NAME} with the payload; {@code assignments/NAME} with the worker and its
 * session, whose version counts the attempts; {@code progress/NAME}; {@code results/NAME}, whose
 * first line is {@code done} or {@code failed}; {@code workers/ID} and {@code dispatchers/ID},
 * ephemeral. Names end with a number that grows, in which order tasks are given out.
 *
 * <p>Thread-safe.
 */
public final class TaskDistribution {
  static final String TASKS = "tasks";
  static final String ASSIGNMENTS = "assignments";
  static final String PROGRESS = "progress";
  static final String RESULTS = "results";
  static final String WORKERS = "workers";
  static final String DISPATCHERS = "dispatchers";

  private static final int SEQUENCE_DIGITS = 10;

  /** The order in which tasks were handed in, whatever else is in their names. */
  static final Comparator<String> ORDER =
      Comparator.comparing(name -> name.substring(Math.max(0, name.length() - SEQUENCE_DIGITS)));

  private final ConclaveClient client;
  private final String path;
  private final int maxAttempts;

  /** With any number of attempts at a task. */
  public TaskDistribution(ConclaveClient client, String path) {
    this(client, path, Integer.MAX_VALUE);
  }

  /**
   * @param path the znode of all of it, made when needed
   * @param maxAttempts a task whose workers have died as often as this is given up as failed: it
   *     may be what they die of
   */
  public TaskDistribution(ConclaveClient client, String path, int maxAttempts) {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts=" + maxAttempts + ", but 1 is the least");
    }
    this.client = client;
    this.path = path;
    this.maxAttempts = maxAttempts;
  }

  /** Hands a task in, exactly once even when connections are lost meanwhile. */
  public CompletableFuture<Task> submit(byte[] payload) {
    return client
        .createGuarded(
            Paths.child(at(TASKS), "task-"), payload, CreateMode.PERSISTENT_SEQUENTIAL, Acl.OPEN)
        .thenCompose(
            (Outcome<Created> outcome) ->
                outcome.was(Refusal.NO_NODE)
                    ? ensureLayout().thenCompose(made -> submit(payload))
                    : CompletableFuture.completedFuture(
                        task(Paths.name(outcome.orThrow().path()))));
  }

  /** A task that was handed in before, by its name. */
  public Task task(String name) {
    return new Task(client, this, name);
  }

  /** The names of the tasks without a result, in their order. */
  public CompletableFuture<List<String>> pending() {
    return namesOf(TASKS);
  }

  /** The names of the tasks with a result that nobody has {@linkplain Task#forget forgotten}. */
  public CompletableFuture<List<String>> finished() {
    return namesOf(RESULTS);
  }

  /**
   * Gives tasks to workers, until it is closed. Completes when it is at work, or ready to be when
   * an elder dispatcher ends.
   *
   * @param id tells it from other dispatchers
   */
  public CompletableFuture<TaskDispatcher> dispatch(String id) {
    return ensureLayout()
        .thenCompose(made -> new TaskDispatcher(client, this, id, maxAttempts).start());
  }

  /**
   * Takes tasks and does them, until it is closed.
   *
   * @param id tells it from other workers
   * @param capacity how many tasks it may be given at a time
   * @param runOn where the handler is called
   */
  public CompletableFuture<TaskWorker> work(
      String id, int capacity, Executor runOn, TaskWorker.Handler handler) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity=" + capacity + ", but 1 is the least");
    }
    return ensureLayout()
        .thenCompose(made -> new TaskWorker(client, this, id, capacity, runOn, handler).start());
  }

  String at(String part) {
    return Paths.child(path, part);
  }

  String at(String part, String name) {
    return Paths.child(at(part), name);
  }

  /**
   * Puts the result in the place of the task, if the task is assigned still as it was.
   *
   * @param version of the assignment
   */
  CompletableFuture<TransactionOutcome> finish(
      ConclaveClient by, String task, int version, TaskResult result) {
    return by.transaction()
        .delete(at(ASSIGNMENTS, task), version)
        .create(at(RESULTS, task), result.toData(), CreateMode.PERSISTENT)
        .delete(at(PROGRESS, task), ConclaveClient.ANY_VERSION)
        .delete(at(TASKS, task), ConclaveClient.ANY_VERSION)
        .commit();
  }

  private CompletableFuture<Void> ensureLayout() {
    return CompletableFuture.allOf(
        client.ensurePath(at(TASKS)),
        client.ensurePath(at(ASSIGNMENTS)),
        client.ensurePath(at(PROGRESS)),
        client.ensurePath(at(RESULTS)),
        client.ensurePath(at(WORKERS)));
  }

  private CompletableFuture<List<String>> namesOf(String part) {
    return client
        .getChildren(at(part))
        .thenApply(
            outcome -> {
              Children children = outcome.orNullIf(Refusal.NO_NODE);
              return children == null
                  ? List.of()
                  : children.names().stream().sorted(ORDER).toList();
            });
  }

  /** Who a task is assigned to: a worker in one session, since its next session is another life. */
  record Assignee(String worker, long sessionId) {
    byte[] toData() {
      return (worker + "\n" + Long.toHexString(sessionId)).getBytes(UTF_8);
    }

    static Assignee parse(byte[] data) {
      String text = new String(data, UTF_8);
      int end = text.indexOf('\n');
      if (end < 0) {
        throw new IllegalArgumentException("\"" + text + "\" is no assignment");
      }
      return new Assignee(
          text.substring(0, end), Long.parseUnsignedLong(text.substring(end + 1), 16));
    }
  }
}
