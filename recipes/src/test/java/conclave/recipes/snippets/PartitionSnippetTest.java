package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.recipes.Partition;
import conclave.recipes.PartitionConsumer;
import conclave.recipes.PartitionGroup;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class PartitionSnippetTest extends SnippetTest {
  /** What the page's consumer works with. */
  private static final class Log {
    private final Map<Partition, Long> reading = new ConcurrentHashMap<>();

    void read(Partition partition, long token) {
      reading.put(partition, token);
    }

    CompletableFuture<Void> finish(Partition partition) {
      drop(partition);
      return CompletableFuture.completedFuture(null);
    }

    void drop(Partition partition) {
      reading.remove(partition);
    }
  }

  @Test
  void partitions() {
    Log log = new Log();
    // tag::partitions
    PartitionGroup group = new PartitionGroup(client, "/consumers/billing");
    group.declareTopic("orders", 8).join();
    PartitionConsumer.Listener listener =
        new PartitionConsumer.Listener() {
          @Override
          public void assigned(Partition partition, long token) {
            log.read(partition, token);
          }

          @Override
          public CompletableFuture<Void> revoked(Partition partition) {
            return log.finish(partition); // another consumer begins when this completes
          }

          @Override
          public void lost(Partition partition) {
            log.drop(partition); // another consumer may have begun
          }
        };
    PartitionConsumer consumer = group.join("host-1", listener).join();
    // end::partitions
    await().atMost(Duration.ofMinutes(1)).until(() -> log.reading.size() == 8);
    assertThat(consumer.owned()).isEqualTo(log.reading);
  }
}
