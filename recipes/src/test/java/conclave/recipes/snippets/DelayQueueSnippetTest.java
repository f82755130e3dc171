package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.DelayQueue;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DelayQueueSnippetTest extends SnippetTest {
  @Test
  void delayQueue() throws Exception {
    // tag::delay-queue
    DelayQueue queue = new DelayQueue(client, "/reminders");
    queue.offer("call back".getBytes(UTF_8), Instant.now().plusSeconds(1)).join();
    Optional<byte[]> tooEarly = queue.poll().join(); // empty
    byte[] due = queue.take().join(); // a second later
    queue.close().join();
    // end::delay-queue
    assertThat(tooEarly).isEmpty();
    assertThat(due).isEqualTo("call back".getBytes(UTF_8));
  }
}
