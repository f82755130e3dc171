package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import conclave.client.SessionEndedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueueTest extends CutTest {
  @Test
  void firstInFirstOut() throws Exception {
    Queue queue = new Queue(client, path);
    CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    for (int i = 0; i < 1_000; i++) {
      last = queue.offer(bytes("item " + i));
    }
    last.join();
    assertThat(text(queue.peek().join())).hasValue("item 0");
    for (int i = 0; i < 1_000; i++) {
      assertThat(text(queue.takeBlocking())).isEqualTo("item " + i);
    }
    assertThat(queue.poll().join()).isEmpty();
    assertThat(queue.peek().join()).isEmpty();
    queue.close().join();
    assertThat(client.blocking().getChildren(path + ".journal")).isEmpty();
  }

  @Test
  void takingWaitsForAnItem() throws Exception {
    Queue consumer = new Queue(client, path + "/made/on/demand");
    CompletableFuture<byte[]> first = consumer.take();
    CompletableFuture<byte[]> second = consumer.take();
    assertThat(consumer.poll(Duration.ofMillis(20)).join()).isEmpty();
    assertThat(consumer.poll().join()).isEmpty();
    try (ConclaveClient other = ConclaveClient.connect(server().connectString()).join()) {
      Queue producer = new Queue(other, path + "/made/on/demand");
      producer.offer(bytes("a")).join();
      producer.offer(bytes("b")).join();
    }
    assertThat(text(first.get(60, TimeUnit.SECONDS))).isEqualTo("a");
    assertThat(text(second.get(60, TimeUnit.SECONDS))).isEqualTo("b");
  }

  @Test
  void aCallThatWasGivenUpCostsNoItem() {
    Queue queue = new Queue(client, path);
    for (int i = 0; i < 20; i++) {
      CompletableFuture<byte[]> given = queue.take();
      queue.offer(bytes("item " + i));
      given.cancel(false);
    }
    List<String> taken = new ArrayList<>();
    queue.offer(bytes("last")).join();
    queue.close().join();
    Queue next = new Queue(client, path);
    for (Optional<byte[]> item = next.poll().join(); item.isPresent(); item = next.poll().join()) {
      taken.add(text(item.get()));
    }
    assertThat(taken).hasSize(21).doesNotHaveDuplicates().contains("last");
  }

  @Test
  void manyConsumersTakeEachItemOnce() {
    int count = 500;
    List<ConclaveClient> clients = new ArrayList<>();
    List<CompletableFuture<byte[]>> takes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
      clients.add(mine);
      Queue queue = new Queue(mine, path);
      IntStream.range(0, count / 5).forEach(n -> takes.add(queue.take()));
    }
    Queue producer = new Queue(client, path);
    for (int i = 0; i < count; i++) {
      producer.offer(bytes("item " + i));
    }
    Set<String> taken = new TreeSet<>();
    takes.forEach(take -> taken.add(text(take.join())));
    assertThat(taken).hasSize(count);
    clients.forEach(ConclaveClient::close);
  }

  /** Listing ten thousand items for each of ten thousand takes would take minutes. */
  @Test
  void tenThousandItemsAreListedOnce() throws Exception {
    int count = 10_000;
    Queue producer = new Queue(client, path);
    CompletableFuture<?>[] offers =
        IntStream.range(0, count)
            .mapToObj(i -> producer.offer(bytes("item " + i)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(offers).join();
    try (Cutter counting = new Cutter(server()::port);
        ConclaveClient mine = ConclaveClient.connect(counting.connectString()).join()) {
      Queue consumer = new Queue(mine, path);
      List<CompletableFuture<byte[]>> takes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        takes.add(consumer.take());
      }
      for (int i = 0; i < count; i++) {
        assertThat(text(takes.get(i).get(60, TimeUnit.SECONDS))).isEqualTo("item " + i);
      }
      // One read for each item, one transaction for fifty, and a few to begin with.
      assertThat(counting.requests()).isLessThan(count + count / 50 + 20);
    }
  }

  @Test
  void aClosedClientEndsTheWaiting() {
    ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
    Queue queue = new Queue(mine, path);
    CompletableFuture<byte[]> waiting = queue.take();
    queue.offer(bytes("x")).join();
    waiting.join();
    CompletableFuture<byte[]> next = queue.take();
    mine.close();
    assertThatThrownBy(next::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(SessionEndedException.class);
    assertThatThrownBy(() -> queue.take().join()).hasCauseInstanceOf(SessionEndedException.class);
    assertThatThrownBy(() -> queue.offer(bytes("y")).join())
        .hasCauseInstanceOf(SessionEndedException.class);
  }

  @Test
  void anItemThatIsTooLargeFailsAlone() {
    Queue queue = new Queue(client, path);
    CompletableFuture<Void> before = queue.offer(bytes("before"));
    CompletableFuture<Void> large = queue.offer(new byte[2_000_000]);
    CompletableFuture<Void> after = queue.offer(bytes("after"));
    before.join();
    assertThatThrownBy(() -> large.get(60, TimeUnit.SECONDS))
        .hasMessageContaining("tried 5 times and is not done");
    after.join();
    assertThat(text(queue.take().join())).isEqualTo("before");
    assertThat(text(queue.take().join())).isEqualTo("after");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLostOrDoubledWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          Queue queue = new Queue(fragile, at);
          queue.offer(bytes("a")).join();
          CompletableFuture<Void> b = queue.offer(bytes("b"));
          CompletableFuture<Void> c = queue.offer(bytes("c"));
          CompletableFuture.allOf(b, c).join();
          CompletableFuture<byte[]> first = queue.take();
          CompletableFuture<byte[]> second = queue.take();
          assertThat(text(first.join())).isEqualTo("a");
          assertThat(text(second.join())).isEqualTo("b");
          assertThat(text(queue.poll().join())).hasValue("c");
          assertThat(queue.poll().join()).isEmpty();
          queue.close().join();
        });
  }
}
