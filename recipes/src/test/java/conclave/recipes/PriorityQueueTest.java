package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.CreateMode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PriorityQueueTest extends CutTest {
  @Test
  void lowerNumbersComeFirstAndAmongEqualOnesTheOlder() {
    PriorityQueue queue = new PriorityQueue(client, path);
    List<Integer> priorities =
        List.of(5, Integer.MAX_VALUE, -1, 0, Integer.MIN_VALUE, 5, 16, 255, -256);
    for (int i = 0; i < priorities.size(); i++) {
      queue.offer(bytes(priorities.get(i) + " number " + i), priorities.get(i)).join();
    }
    assertThat(text(queue.peek().join())).hasValue(Integer.MIN_VALUE + " number 4");
    assertThat(Stream.generate(() -> text(queue.poll().join()).orElse("-")).limit(10))
        .containsExactly(
            Integer.MIN_VALUE + " number 4",
            "-256 number 8",
            "-1 number 2",
            "0 number 3",
            "5 number 0",
            "5 number 5",
            "16 number 6",
            "255 number 7",
            Integer.MAX_VALUE + " number 1",
            "-");
  }

  @Test
  void namesAreCurators() {
    assertThat(PriorityQueue.prefix(0)).isEqualTo("queue-100000000");
    assertThat(PriorityQueue.prefix(26)).isEqualTo("queue-10000001A");
    assertThat(PriorityQueue.prefix(-2)).isEqualTo("queue-0FFFFFFFE");
  }

  @Test
  void anUrgentItemThatComesLaterIsTakenFirst() throws Exception {
    PriorityQueue queue = new PriorityQueue(client, path);
    CompletableFuture<byte[]> waiting = queue.take();
    queue.offer(bytes("any"), 7).join();
    assertThat(text(waiting.get(60, TimeUnit.SECONDS))).isEqualTo("any");
    queue.offer(bytes("later"), 7).join();
    queue.offer(bytes("urgent"), -7).join();
    assertThat(text(queue.poll(Duration.ofSeconds(5)).join())).hasValue("urgent");
    assertThat(text(queue.takeBlocking())).isEqualTo("later");
    queue.close().join();
  }

  @Test
  void whatIsNoItemIsLeftAlone() {
    direct.create(path + "/queue-0FFFFFFFE0000000000", bytes("foreign"), CreateMode.PERSISTENT);
    PriorityQueue queue = new PriorityQueue(client, path);
    queue.offer(bytes("mine"), 1).join();
    assertThat(text(queue.poll().join())).hasValue("mine");
    assertThat(queue.poll().join()).isEmpty();
    assertThat(direct.getChildren(path)).containsExactly("queue-0FFFFFFFE0000000000");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLostOrDoubledWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          PriorityQueue queue = new PriorityQueue(fragile, path + "/" + name);
          queue.offer(bytes("second"), 2).join();
          queue.offer(bytes("first"), 1).join();
          assertThat(text(queue.take().join())).isEqualTo("first");
          assertThat(text(queue.poll().join())).hasValue("second");
          assertThat(queue.poll().join()).isEmpty();
        });
  }
}
