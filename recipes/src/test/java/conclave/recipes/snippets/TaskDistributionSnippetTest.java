package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Task;
import conclave.recipes.TaskDistribution;
import conclave.recipes.TaskResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class TaskDistributionSnippetTest extends SnippetTest {
  @Test
  void tasks() {
    ExecutorService pool = Executors.newSingleThreadExecutor();
    // tag::tasks
    TaskDistribution work = new TaskDistribution(client, "/thumbnails");
    work.dispatch("host-1").join(); // on two machines or more
    work.work(
            "host-1",
            4,
            pool,
            job ->
                job.report("begun, attempt " + job.attempt())
                    .thenApply(told -> shrink(job.payload())))
        .join();
    Task task = work.submit("cat.png".getBytes(UTF_8)).join();
    if (task.result().join() instanceof TaskResult.Done done) {
      System.out.println(new String(done.data(), UTF_8));
    }
    // end::tasks
    assertThat(work.pending().join()).isEmpty();
    pool.shutdown();
  }

  private static byte[] shrink(byte[] picture) {
    return new byte[] {picture[0]};
  }

  @Test
  void aHandlerMayFail() throws Exception {
    TaskDistribution work = new TaskDistribution(client, "/failing");
    work.dispatch("d").join();
    work.work(
            "w",
            1,
            Runnable::run,
            job -> CompletableFuture.failedFuture(new IllegalStateException()))
        .join();
    assertThat(soon(work.submit(new byte[0]).join().result()))
        .isInstanceOf(TaskResult.Failed.class);
  }
}
