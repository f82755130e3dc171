package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.PriorityQueue;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PriorityQueueSnippetTest extends SnippetTest {
  @Test
  void priorityQueue() throws Exception {
    // tag::priority-queue
    PriorityQueue queue = new PriorityQueue(client, "/tickets");
    queue.offer("slow page".getBytes(UTF_8), 10).join();
    queue.offer("site is down".getBytes(UTF_8), -5).join();
    byte[] urgent = queue.take().join(); // "site is down"
    Optional<byte[]> next = queue.poll().join(); // "slow page"
    queue.close().join();
    // end::priority-queue
    assertThat(urgent).isEqualTo("site is down".getBytes(UTF_8));
    assertThat(next).hasValue("slow page".getBytes(UTF_8));
  }
}
