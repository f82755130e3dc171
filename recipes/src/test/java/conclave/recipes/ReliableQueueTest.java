package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.protocol.CreateMode;
import conclave.recipes.ReliableQueue.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReliableQueueTest extends CutTest {
  private ReliableQueue queue(ConclaveClient of) {
    return new ReliableQueue(of, path + "/items", path + "/locks");
  }

  @Test
  void anItemStaysUntilItIsDone() throws Exception {
    ReliableQueue queue = queue(client);
    queue.offer(bytes("a")).join();
    queue.offer(bytes("b")).join();
    Delivery a = queue.takeBlocking();
    Delivery b = queue.takeBlocking();
    assertThat(text(a.item())).isEqualTo("a");
    assertThat(text(b.item())).isEqualTo("b");
    assertThat(a.isCertain()).isTrue();
    assertThat(direct.getChildren(path + "/items")).hasSize(2);
    assertThat(direct.getChildren(path + "/locks")).containsExactlyInAnyOrder(a.name(), b.name());
    assertThat(a.done().join()).isTrue();
    assertThat(direct.getChildren(path + "/items")).containsExactly(b.name());
    assertThat(b.done().join()).isTrue();
    assertThat(direct.getChildren(path + "/items")).isEmpty();
    assertThat(direct.getChildren(path + "/locks")).isEmpty();
    queue.close().join();
  }

  @Test
  void whoAsksWhileTheClientIsBeingClosedIsTold() throws Exception {
    ConclaveClient closing = ConclaveClient.connect(server().connectString()).join();
    ReliableQueue queue = queue(closing);
    queue.offer(bytes("a")).join();
    queue.offer(bytes("b")).join();
    queue.takeBlocking();
    CompletableFuture<Delivery> late = new CompletableFuture<>();
    // An item is free, but the end of the session is on its way: every attempt would fail at once.
    closing
        .executor()
        .execute(
            () -> {
              closing.closeAsync();
              closing
                  .executor()
                  .execute(
                      () ->
                          closing.schedule(
                              () ->
                                  queue.take().whenComplete((item, failure) -> late.cancel(false)),
                              Duration.ZERO));
            });
    assertThat(late).failsWithin(60, TimeUnit.SECONDS);
  }

  @Test
  void whatIsGivenBackIsGivenToAnother() throws Exception {
    try (ConclaveClient other = ConclaveClient.connect(server().connectString()).join()) {
      ReliableQueue mine = queue(client);
      ReliableQueue theirs = queue(other);
      mine.offer(bytes("a")).join();
      Delivery first = mine.takeBlocking();
      CompletableFuture<Delivery> next = theirs.take();
      assertThat(first.release().join()).isTrue();
      Delivery second = next.get(60, TimeUnit.SECONDS);
      assertThat(second.name()).isEqualTo(first.name());
      assertThat(second.token()).isGreaterThan(first.token());
      mine.offer(bytes("b")).join();
      assertThat(second.requeue().join()).isTrue();
      assertThat(text(theirs.takeBlocking().item())).isEqualTo("b");
      assertThat(text(theirs.takeBlocking().item())).isEqualTo("a");
    }
  }

  @Test
  void theItemOfADeadConsumerIsTakenByAnother() throws Exception {
    try (Cutter cutter = new Cutter(server()::port);
        ConclaveClient fragile = Cuts.client(cutter.connectString(), 2_000)) {
      ReliableQueue dying = queue(fragile);
      dying.offer(bytes("a")).join();
      Delivery first = dying.takeBlocking();
      CompletableFuture<Delivery> second = queue(client).take();
      cutter.refuse();
      Delivery heir = second.get(60, TimeUnit.SECONDS);
      assertThat(heir.name()).isEqualTo(first.name());
      assertThat(first.isCertain()).isFalse();
      assertThat(first.done().join()).isFalse();
      cutter.open();
      assertThat(heir.done().join()).isTrue();
      assertThat(direct.getChildren(path + "/items")).isEmpty();
    }
  }

  @Test
  void workersDealWithEverythingAndWhatFailsComesBack() {
    ReliableQueue producer = queue(client);
    Queue<String> done = new ConcurrentLinkedQueue<>();
    AtomicInteger failures = new AtomicInteger();
    List<ConclaveClient> clients = new ArrayList<>();
    List<Registration> workers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
      clients.add(mine);
      workers.add(
          queue(mine)
              .consume(
                  2,
                  delivery -> {
                    if (failures.getAndIncrement() < 3) {
                      throw new IllegalArgumentException("the first three fail");
                    }
                    done.add(text(delivery.item()));
                    return CompletableFuture.completedFuture(null);
                  }));
    }
    int count = 200;
    for (int i = 0; i < count; i++) {
      producer.offer(bytes("item " + i));
    }
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> done.size() >= count && direct.getChildren(path + "/items").isEmpty());
    assertThat(done).hasSize(count).doesNotHaveDuplicates();
    workers.forEach(Registration::close);
    clients.forEach(ConclaveClient::close);
  }

  @Test
  void aCallThatWasGivenUpLeavesTheItemToOthers() throws Exception {
    ReliableQueue queue = queue(client);
    for (int i = 0; i < 10; i++) {
      CompletableFuture<Delivery> given = queue.take();
      queue.offer(bytes("item " + i));
      given.cancel(false);
    }
    for (int i = 0; i < 10; i++) {
      assertThat(queue.take().get(60, TimeUnit.SECONDS).done().join()).isTrue();
    }
    assertThat(direct.getChildren(path + "/items")).isEmpty();
  }

  @Test
  void aLockThatSomebodyBrokeKeepsTheItem() throws Exception {
    ReliableQueue queue = queue(client);
    queue.offer(bytes("a")).join();
    Delivery delivery = queue.takeBlocking();
    direct.delete(path + "/locks/" + delivery.name(), ConclaveClient.ANY_VERSION);
    assertThat(delivery.done().join()).isFalse();
    assertThat(queue.take().get(60, TimeUnit.SECONDS).done().join()).isTrue();
  }

  @Test
  void aClosedClientEndsTheWaiting() {
    ConclaveClient mine = ConclaveClient.connect(server().connectString()).join();
    ReliableQueue queue = queue(mine);
    CompletableFuture<Delivery> waiting = queue.take();
    mine.create(path + "/x", null, CreateMode.PERSISTENT).join();
    mine.close();
    assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(SessionEndedException.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingIsLostWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          ReliableQueue queue = new ReliableQueue(fragile, at, at + "-locks");
          queue.offer(bytes("a")).join();
          queue.offer(bytes("b")).join();
          List<String> dealtWith = new ArrayList<>();
          while (!direct.getChildren(at).isEmpty()) {
            Delivery delivery = queue.take().get(60, TimeUnit.SECONDS);
            boolean removed = delivery.done().join();
            dealtWith.add(text(delivery.item()));
            if (removed) {
              assertThat(direct.getChildren(at)).doesNotContain(delivery.name());
            }
            // Without a lost session, a lost connection does not make anything come twice.
            assertThat(loseSession || removed).isTrue();
          }
          assertThat(dealtWith).contains("a", "b");
          if (!loseSession) {
            assertThat(dealtWith).containsExactly("a", "b");
          }
          queue.close().join();
        });
  }
}
