package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Queue;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QueueSnippetTest extends SnippetTest {
  @Test
  void queue() throws Exception {
    // tag::queue
    Queue queue = new Queue(client, "/jobs");
    queue.offer("resize 17".getBytes(UTF_8)).join();
    Optional<byte[]> first = queue.peek().join(); // stays
    byte[] mine = queue.take().join(); // mine alone; waits for one
    Optional<byte[]> none = queue.poll().join(); // empty: nothing is left
    Optional<byte[]> soon = queue.poll(Duration.ofMillis(100)).join();
    queue.close().join();
    // end::queue
    assertThat(first).hasValue("resize 17".getBytes(UTF_8));
    assertThat(mine).isEqualTo("resize 17".getBytes(UTF_8));
    assertThat(none).isEmpty();
    assertThat(soon).isEmpty();
  }
}
