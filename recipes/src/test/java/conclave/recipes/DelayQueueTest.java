package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ClockedClient;
import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DelayQueueTest extends CutTest {
  @Test
  void anItemComesWhenItIsDueAndNotBefore() throws Exception {
    DelayQueue queue = new DelayQueue(client, path);
    queue.offer(bytes("in an hour"), Instant.now().plusSeconds(3_600)).join();
    assertThat(queue.poll().join()).isEmpty();
    assertThat(queue.peek().join()).isEmpty();
    Instant due = Instant.now().plusMillis(400);
    queue.offer(bytes("later"), due.plusMillis(1)).join();
    queue.offer(bytes("soon"), due).join();
    CompletableFuture<byte[]> first = queue.take();
    CompletableFuture<byte[]> second = queue.take();
    assertThat(text(first.get(60, TimeUnit.SECONDS))).isEqualTo("soon");
    assertThat(Instant.now()).isAfterOrEqualTo(due);
    assertThat(text(second.get(60, TimeUnit.SECONDS))).isEqualTo("later");
    assertThat(queue.poll(Duration.ofMillis(30)).join()).isEmpty();
    queue.offer(bytes("overdue"), Instant.now().minusSeconds(10)).join();
    assertThat(text(queue.poll().join())).hasValue("overdue");
    queue.close().join();
  }

  @Test
  void namesAreCurators() {
    assertThat(DelayQueue.prefix(0x19A_1234_5678L)).isEqualTo("queue-|19A12345678|");
    assertThat(DelayQueue.prefix(1)).isEqualTo("queue-|00000001|");
    assertThat(DelayQueue.dueMs("queue-|19A12345678|0000000012")).isEqualTo(0x19A_1234_5678L);
    assertThat(DelayQueue.dueMs("queue-0000000012")).isZero();
    assertThat(DelayQueue.dueMs("queue-|later|0000000012")).isZero();
  }

  /**
   * An item that is put back is due at once by the clock that says when items are due: by another
   * one it could be due in an hour, and nobody would find it until then.
   */
  @Test
  void whatIsPutBackIsDueAtOnceByTheClientsClock() throws Exception {
    Duration behind = Duration.ofHours(1);
    // A znode as Curator makes it, with two items: who takes it for one call has the other in hand.
    byte[] both = bytes("\0\1\0\1" + "\1\0\0\0\3one" + "\1\0\0\0\3two" + "\2");
    String due = DelayQueue.prefix(Instant.now().minus(behind.multipliedBy(2)).toEpochMilli());
    direct.create(path + "/" + due, both, CreateMode.PERSISTENT_SEQUENTIAL);
    try (ConclaveClient late = ClockedClient.connect(server().connectString(), behind).join()) {
      DelayQueue queue = new DelayQueue(late, path);
      assertThat(text(queue.take().get(60, TimeUnit.SECONDS))).isEqualTo("one");
      queue.close().get(60, TimeUnit.SECONDS);
      DelayQueue next = new DelayQueue(late, path);
      assertThat(text(next.poll().get(60, TimeUnit.SECONDS))).hasValue("two");
      next.close().get(60, TimeUnit.SECONDS);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLostOrDoubledWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          DelayQueue queue = new DelayQueue(fragile, path + "/" + name);
          Instant now = Instant.now();
          queue.offer(bytes("second"), now.plusMillis(20)).join();
          queue.offer(bytes("first"), now.plusMillis(10)).join();
          assertThat(text(queue.take().join())).isEqualTo("first");
          assertThat(text(queue.take().join())).isEqualTo("second");
          assertThat(queue.poll().join()).isEmpty();
        });
  }
}
