package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Cache;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.recipes.TaskDistribution.Assignee;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the tasks of a {@link TaskDistribution} to workers with room for them, the least busy
 * first, and those of dead workers to others. Everything it writes depends on what it has read, so
 * that a dispatcher with an old view of things is refused. Thread-safe.
 */
public final class TaskDispatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskDispatcher.class);
  private static final Duration COALESCE_FOR = Duration.ofMillis(5);

  private final ConclaveClient client;
  private final TaskDistribution work;
  private final int maxAttempts;
  private final Group dispatchers;
  private final Membership membership;
  private final Cache workers;
  private final Cache assignments;
  private final Set<String> inFlight = new HashSet<>();

  private @Nullable Registration watchedTasks;
  private List<String> tasks = List.of();
  private boolean lookingSoon;
  private boolean closed;

  TaskDispatcher(ConclaveClient client, TaskDistribution work, String id, int maxAttempts) {
    this.client = client;
    this.work = work;
    this.maxAttempts = maxAttempts;
    String path = work.at(TaskDistribution.DISPATCHERS);
    this.dispatchers = new Group(client, path);
    this.membership = new Membership(client, Group.childOf(path, id), new byte[0], this::lookSoon);
    this.workers = client.cache(work.at(TaskDistribution.WORKERS), Cache.Depth.CHILDREN);
    this.assignments = client.cache(work.at(TaskDistribution.ASSIGNMENTS), Cache.Depth.CHILDREN);
  }

  CompletableFuture<TaskDispatcher> start() {
    CompletableFuture<Void> ready =
        CompletableFuture.allOf(workers.start(), assignments.start(), dispatchers.start());
    return ready
        .thenCompose(loaded -> membership.start())
        .thenCompose(joined -> dispatchers.when(members -> members.containsKey(membership.id())))
        .thenApply(
            joined -> {
              workers.onChange(change -> lookSoon());
              assignments.onChange(change -> lookSoon());
              dispatchers.onChange(change -> lookSoon());
              // Names only: payloads are the workers' business.
              watchedTasks =
                  client
                      .watchChildren(work.at(TaskDistribution.TASKS))
                      .forEach(
                          found -> {
                            tasks =
                                found
                                    .map(
                                        children ->
                                            children.names().stream()
                                                .sorted(TaskDistribution.ORDER)
                                                .toList())
                                    .orElse(List.of());
                            lookSoon();
                          });
              return this;
            });
  }

  /** Whether it is the one that acts. */
  public boolean isActive() {
    return membership.isIn()
        && dispatchers.eldest().filter(eldest -> eldest.token() == membership.token()).isPresent();
  }

  /** Ends; completes when the next eldest can take over. */
  public CompletableFuture<Void> leave() {
    client
        .executor()
        .execute(
            () -> {
              closed = true;
              Registration watched = watchedTasks;
              if (watched != null) {
                watched.close();
              }
              workers.close();
              assignments.close();
              dispatchers.close();
            });
    return membership.leave();
  }

  /** Ends, without waiting. */
  @Override
  public void close() {
    leave();
  }

  private void lookSoon() {
    client
        .executor()
        .execute(
            () -> {
              if (!lookingSoon && !closed) {
                lookingSoon = true;
                client.schedule(this::look, COALESCE_FOR);
              }
            });
  }

  private void look() {
    lookingSoon = false;
    if (closed || !isActive()) {
      return;
    }
    Map<Assignee, Integer> room = roomOfWorkers();
    Map<String, Node> given = new HashMap<>();
    for (String name : assignments.children(work.at(TaskDistribution.ASSIGNMENTS))) {
      Node node = assignments.get(work.at(TaskDistribution.ASSIGNMENTS, name)).orElse(null);
      if (node != null) {
        given.put(name, node);
        room.computeIfPresent(assigneeOf(node), (who, left) -> left - 1);
      }
    }
    for (String task : tasks) {
      Node assignment = given.get(task);
      boolean isDead = assignment != null && !room.containsKey(assigneeOf(assignment));
      if (inFlight.contains(task) || assignment != null && !isDead) {
        continue;
      }
      if (assignment != null && assignment.stat().version() + 1 >= maxAttempts) {
        giveUp(task, assignment);
        continue;
      }
      Optional<Assignee> idlest = idlest(room);
      if (idlest.isEmpty()) {
        return;
      }
      room.merge(idlest.get(), -1, Integer::sum);
      assign(task, assignment, idlest.get());
    }
  }

  private Map<Assignee, Integer> roomOfWorkers() {
    Map<Assignee, Integer> room = new HashMap<>();
    workers
        .nodes()
        .forEach(
            (at, node) -> {
              byte[] data = node.data();
              String capacity = data == null ? "" : new String(data, UTF_8);
              if (node.stat().ephemeralOwner() != 0 && capacity.matches("\\d{1,9}")) {
                room.put(
                    new Assignee(Paths.name(at), node.stat().ephemeralOwner()),
                    Integer.parseInt(capacity));
              }
            });
    return room;
  }

  private static Optional<Assignee> idlest(Map<Assignee, Integer> room) {
    return room.entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .max(
            Comparator.<Map.Entry<Assignee, Integer>>comparingInt(Map.Entry::getValue)
                .thenComparing(entry -> entry.getKey().worker()))
        .map(Map.Entry::getKey);
  }

  private static Assignee assigneeOf(Node node) {
    byte[] data = node.data();
    return Assignee.parse(data == null ? new byte[0] : data);
  }

  private void assign(String task, @Nullable Node before, Assignee to) {
    String assignment = work.at(TaskDistribution.ASSIGNMENTS, task);
    CompletableFuture<TransactionOutcome> written =
        before == null
            ? client
                .transaction()
                .check(work.at(TaskDistribution.TASKS, task), ConclaveClient.ANY_VERSION)
                .create(assignment, to.toData(), CreateMode.PERSISTENT)
                .create(
                    work.at(TaskDistribution.PROGRESS, task), new byte[0], CreateMode.PERSISTENT)
                .commit()
            : client
                .transaction()
                .setData(assignment, to.toData(), before.stat().version())
                .commit();
    follow(task, written);
  }

  private void giveUp(String task, Node assignment) {
    int attempts = assignment.stat().version() + 1;
    TaskResult result =
        new TaskResult.Failed("given up: its worker died at each of " + attempts + " attempts");
    follow(task, work.finish(client, task, assignment.stat().version(), result));
  }

  private void follow(String task, CompletableFuture<TransactionOutcome> written) {
    inFlight.add(task);
    written.whenComplete(
        (outcome, failure) -> {
          inFlight.remove(task);
          if (failure != null) {
            Throwable cause = ConclaveException.causeOf(failure);
            if (!Retry.isWorthIt(cause) && !(cause instanceof SessionEndedException)) {
              LOG.warn("{} is tried again: {}", task, cause.getMessage());
            }
            client.schedule(this::lookSoon, Retry.AFTER);
          } else if (!outcome.isCommitted()) {
            // Something is otherwise than the cache shows; soon it will show that.
            client.schedule(this::lookSoon, Retry.AFTER);
          }
        });
  }
}
