package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SemaphoreTest extends RecipeTest {

  private int leases() {
    return children(path + "/leases").size();
  }

  private int atTheGate() {
    return children(path + "/locks").size();
  }

  @Test
  void soManyAtATimeAndNotOneMore() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      ConclaveClient client = client();
      Semaphore semaphore = new Semaphore(client, path, 3);
      for (int i = 0; i < 10; i++) {
        all.add(
            semaphore
                .acquire()
                .thenCompose(
                    held -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      return client
                          .sync(path)
                          .thenCompose(
                              synced -> {
                                inside.decrementAndGet();
                                return held.release();
                              });
                    }));
      }
    }
    soon(CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)));
    assertThat(most.get()).isBetween(1, 3);
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 0 && atTheGate() == 0);
    awaitNoWatches();
  }

  @Test
  void leasesAreGivenInOrderAndWaitersLeaveNothingBehind() throws Exception {
    Semaphore semaphore = new Semaphore(client(), path, 2);
    Held one = semaphore.lock();
    Held two = semaphore.lock();
    assertThat(two.token()).isGreaterThan(one.token());
    assertThat(semaphore.tryLock(Duration.ZERO)).isEmpty();
    assertThat(semaphore.tryLock(Duration.ofMillis(200))).isEmpty();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 2 && atTheGate() == 0);
    awaitWatches(2);
    CompletableFuture<Held> third = new Semaphore(client(), path, 2).acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 3);
    CompletableFuture<Held> fourth = new Semaphore(client(), path, 2).acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> atTheGate() == 2);
    third.cancel(false);
    await().atMost(Duration.ofMinutes(1)).until(() -> atTheGate() == 1 && leases() == 3);
    two.close();
    soon(fourth).close();
    one.close();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 0 && atTheGate() == 0);
    awaitNoWatches();
  }

  @Test
  void leaseOfALostSessionIsFree() throws Exception {
    Relay relay = relay();
    Held lost = soon(new Semaphore(clientBehind(relay), path, 1).acquire());
    CompletableFuture<Held> next = new Semaphore(client(), path, 1).acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 2);
    relay.refuse();
    assertThat(soon(next).isHeld()).isTrue();
    assertThat(lost.isHeld()).isFalse();
    assertThat(soon(lost.lost())).isEqualTo(Loss.SESSION_LOST);
  }

  @Test
  void waiterWhosePlaceAtTheGateIsDeletedHoldsUpNobody() throws Exception {
    Held holder = soon(new Semaphore(client(), path, 1).acquire());
    CompletableFuture<Held> second = new Semaphore(client(), path, 1).acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 2 && atTheGate() == 1);
    direct.delete(path + "/locks/" + children(path + "/locks").get(0), ConclaveClient.ANY_VERSION);
    CompletableFuture<Held> third = new Semaphore(client(), path, 1).acquire();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 3);
    holder.close();
    soon(second).close();
    soon(third).close();
    await().atMost(Duration.ofMinutes(1)).until(() -> leases() == 0 && atTheGate() == 0);
  }

  @Test
  void thereIsAtLeastOneLease() {
    assertThatThrownBy(() -> new Semaphore(direct.async(), path, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("count=0");
  }
}
