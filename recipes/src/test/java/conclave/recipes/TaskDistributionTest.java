package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TaskDistributionTest extends RecipeTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Executor HERE = Runnable::run;

  @Test
  void everyTaskIsDoneAndItsResultIsThere() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path);
    Map<String, Integer> done = new ConcurrentHashMap<>();
    for (String id : List.of("one", "two", "three")) {
      soon(
          new TaskDistribution(client(), path)
              .work(
                  id,
                  2,
                  HERE,
                  job -> {
                    done.merge(id, 1, Integer::sum);
                    return CompletableFuture.completedFuture(reversed(job.payload()));
                  }));
    }
    TaskDispatcher dispatcher = soon(work.dispatch("d1"));
    assertThat(dispatcher.isActive()).isTrue();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      tasks.add(soon(work.submit(bytes("task " + i))));
    }
    for (int i = 0; i < tasks.size(); i++) {
      TaskResult result = soon(tasks.get(i).result());
      assertThat(((TaskResult.Done) result).data()).isEqualTo(reversed(bytes("task " + i)));
    }
    assertThat(done.keySet()).containsExactlyInAnyOrder("one", "two", "three");
    assertThat(done.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(30);
    assertThat(soon(work.pending())).isEmpty();
    assertThat(soon(work.finished())).hasSize(30).first().isEqualTo(tasks.get(0).name());
    for (Task task : tasks) {
      soon(task.forget());
    }
    for (String part : List.of("tasks", "assignments", "progress", "results")) {
      assertThat(children(path + "/" + part)).isEmpty();
    }
  }

  @Test
  void progressIsSeenAndCapacityIsKept() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path);
    soon(work.dispatch("d1"));
    List<CompletableFuture<byte[]>> results = new ArrayList<>();
    List<Job> jobs = new ArrayList<>();
    soon(
        work.work(
            "one",
            2,
            HERE,
            job -> {
              CompletableFuture<byte[]> result = new CompletableFuture<>();
              synchronized (jobs) {
                jobs.add(job);
                results.add(result);
              }
              return result;
            }));
    Task first = soon(work.submit(bytes("a")));
    Task second = soon(work.submit(bytes("b")));
    Task third = soon(work.submit(bytes("c")));
    await().atMost(SOON).until(() -> jobs.size() == 2);
    assertThat(soon(first.progress())).isEmpty();
    assertThat(soon(third.worker())).isEmpty();
    Job job = jobs.get(0);
    soon(job.report("half"));
    assertThat(soon(first.progress())).contains("half");
    assertThat(soon(first.worker())).contains("one");
    assertThat(jobs).hasSize(2);
    results.get(1).completeExceptionally(new IllegalStateException("no ink"));
    await().atMost(SOON).until(() -> jobs.size() == 3);
    assertThat(((TaskResult.Failed) soon(second.result())).reason()).contains("no ink");
    results.get(0).complete(bytes("A"));
    results.get(2).complete(bytes("C"));
    soon(first.result());
    assertThat(soon(first.progress())).isEmpty();
    soon(third.result());
    soon(job.report("too late"));
  }

  @Test
  void whatAWorkerLosesAnotherDoes() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path);
    soon(work.dispatch("d1"));
    Relay relay = relay();
    CompletableFuture<Job> begun = new CompletableFuture<>();
    CompletableFuture<byte[]> late = new CompletableFuture<>();
    soon(
        new TaskDistribution(clientBehind(relay), path)
            .work(
                "one",
                1,
                HERE,
                job -> {
                  begun.complete(job);
                  return begun.getNow(job) == job
                      ? late
                      : CompletableFuture.completedFuture(bytes("one again"));
                }));
    Task task = soon(work.submit(bytes("a")));
    Job job = soon(begun);
    soon(
        new TaskDistribution(client(), path)
            .work(
                "two",
                1,
                HERE,
                again ->
                    CompletableFuture.completedFuture(
                        bytes("two, at attempt " + again.attempt()))));
    relay.refuse();
    assertThat(((TaskResult.Done) soon(task.result())).data())
        .isEqualTo(bytes("two, at attempt 2"));
    soon(job.cancelled());
    late.complete(bytes("too late"));
    relay.open();
    Task next = soon(work.submit(bytes("b")));
    soon(next.result());
    assertThat(((TaskResult.Done) soon(task.result())).data())
        .isEqualTo(bytes("two, at attempt 2"));
  }

  @Test
  void anotherDispatcherTakesOver() throws Exception {
    Relay relay = relay();
    TaskDistribution work = new TaskDistribution(client(), path);
    TaskDispatcher first = soon(new TaskDistribution(clientBehind(relay), path).dispatch("d1"));
    TaskDispatcher second = soon(work.dispatch("d2"));
    assertThat(first.isActive()).isTrue();
    assertThat(second.isActive()).isFalse();
    soon(work.work("one", 1, HERE, job -> CompletableFuture.completedFuture(job.payload())));
    relay.refuse();
    Task task = soon(work.submit(bytes("a")));
    soon(task.result());
    assertThat(second.isActive()).isTrue();
    relay.open();
    soon(soon(work.submit(bytes("b"))).result());
  }

  @Test
  void aTaskThatItsWorkersDieOfIsGivenUp() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path, 2);
    soon(work.dispatch("d1"));
    Task task = soon(work.submit(bytes("poison")));
    AtomicInteger attempts = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      ConclaveClient client = client();
      CompletableFuture<Integer> begun = new CompletableFuture<>();
      soon(
          new TaskDistribution(client, path)
              .work(
                  "mortal",
                  1,
                  HERE,
                  job -> {
                    attempts.incrementAndGet();
                    begun.complete(job.attempt());
                    return new CompletableFuture<>();
                  }));
      assertThat(soon(begun)).isEqualTo(i + 1);
      client.close();
    }
    assertThat(((TaskResult.Failed) soon(task.result())).reason()).contains("2 attempts");
    assertThat(attempts).hasValue(2);
  }

  @Test
  void whoLeavesHandsItsTasksBack() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path);
    TaskDispatcher dispatcher = soon(work.dispatch("d1"));
    CompletableFuture<Job> begun = new CompletableFuture<>();
    TaskWorker one =
        soon(
            work.work(
                "one",
                1,
                HERE,
                job -> {
                  begun.complete(job);
                  return new CompletableFuture<>();
                }));
    Task task = soon(work.submit(bytes("a")));
    Job job = soon(begun);
    soon(one.leave());
    assertThat(job.isCancelled()).isTrue();
    soon(work.work("two", 1, HERE, other -> CompletableFuture.completedFuture(bytes("done"))));
    soon(task.result());
    soon(dispatcher.leave());
    assertThat(dispatcher.isActive()).isFalse();
  }

  @Test
  void numbersHaveToMakeSense() {
    ConclaveClient client = client();
    assertThatThrownBy(() -> new TaskDistribution(client, path, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TaskDistribution(client, path).work("x", 0, HERE, job -> null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TaskResult.parse(bytes("?")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static byte[] reversed(byte[] data) {
    return new StringBuilder(new String(data, UTF_8)).reverse().toString().getBytes(UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
