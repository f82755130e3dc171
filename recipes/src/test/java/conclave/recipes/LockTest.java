package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.client.SessionEndedException;
import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.recipes.ContenderQueue.Verdict;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The lock, and with it the queue that the other recipes share. */
class LockTest extends RecipeTest {

  @Test
  void aPathThatNoServerAcceptsIsRefusedOnTheSpot() {
    assertThatThrownBy(() -> new Lock(client(), "no/slash"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no/slash");
  }

  @Test
  void oneAfterTheOtherInTheOrderOfAsking() throws Exception {
    List<Long> tokens = new ArrayList<>();
    List<CompletableFuture<Held>> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      asked.add(new Lock(client(), path).acquire());
      awaitChildren(i + 1);
    }
    for (CompletableFuture<Held> next : asked) {
      Held held = soon(next);
      assertThat(held.isHeld()).isTrue();
      assertThat(asked.stream().filter(CompletableFuture::isDone).count())
          .isEqualTo(tokens.size() + 1);
      tokens.add(held.token());
      soon(held.release());
      assertThat(held.isHeld()).isFalse();
      assertThat(held.certainFor()).isZero();
    }
    assertThat(tokens).isSorted().doesNotHaveDuplicates();
    assertThat(children()).isEmpty();
    awaitNoWatches();
  }

  @Test
  void oneInsideAtATime() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int c = 0; c < 4; c++) {
      Lock lock = new Lock(client(), path);
      for (int i = 0; i < 25; i++) {
        all.add(
            lock.acquire()
                .thenCompose(
                    held -> {
                      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                      inside.decrementAndGet();
                      return held.release();
                    }));
      }
    }
    soon(CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)));
    assertThat(most).hasValue(1);
    assertThat(children()).isEmpty();
  }

  @Test
  void blockingFormIsReleasedByItsBlock() throws Exception {
    Lock lock = new Lock(client(), path);
    try (Held held = lock.lock()) {
      assertThat(held.isHeld()).isTrue();
      assertThat(held.certainFor()).isBetween(Duration.ofMillis(1), Duration.ofMillis(SESSION_MS));
      assertThat(lock.tryLock(Duration.ZERO)).isEmpty();
      awaitChildren(1);
      assertThat(children()).singleElement().asString().matches("_c_[0-9a-f-]{36}-lock-0000000000");
    }
    assertThat(children()).isEmpty();
    try (Held again = lock.tryLock(Duration.ZERO).orElseThrow()) {
      assertThat(again.isHeld()).isTrue();
    }
  }

  @Test
  void waitingOnTheClientsOwnThreadIsRefused() throws Exception {
    ConclaveClient client = client();
    CompletableFuture<Held> onItsThread =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return new Lock(client, path).lock();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            client.executor());
    assertThatThrownBy(() -> soon(onItsThread))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void whoseTimeIsOverLeavesNothingBehind() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    ConclaveClient impatient = client();
    assertThat(soon(new Lock(impatient, path).tryAcquire(Duration.ofMillis(300)))).isEmpty();
    awaitChildren(1);
    // The holder's own.
    awaitWatches(1);
    assertThat(holder.isHeld()).isTrue();
    holder.close();
    awaitNoWatches();
  }

  @Test
  void cancellingAtAnyMomentLeavesNothingBehind() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    Lock lock = new Lock(client(), path);
    for (int i = 0; i < 50; i++) {
      CompletableFuture<Held> acquiring = lock.acquire();
      for (int spin = 0; spin < i * 20_000; spin++) {
        Thread.onSpinWait();
      }
      acquiring.cancel(false);
    }
    CompletableFuture<Optional<Held>> bounded = lock.tryAcquire(Duration.ofSeconds(100));
    awaitChildren(2);
    bounded.cancel(false);
    awaitChildren(1);
    awaitWatches(1);
    holder.close();
    awaitNoWatches();
  }

  @Test
  void interruptedWaiterLeavesNothingBehind() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    ConclaveClient client = client();
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread waiter =
        new Thread(
            () -> {
              try (Held held = new Lock(client, path).lock()) {
                throw new IllegalStateException("let in beside " + held);
              } catch (InterruptedException e) {
                interrupted.set(true);
              }
            });
    waiter.start();
    awaitChildren(2);
    waiter.interrupt();
    waiter.join();
    assertThat(interrupted).isTrue();
    awaitChildren(1);
    holder.close();
  }

  @Test
  void givingUpInTheMiddleOfTheQueueLetsNobodyIn() throws Exception {
    Held first = soon(new Lock(client(), path).acquire());
    CompletableFuture<Held> second = new Lock(client(), path).acquire();
    awaitChildren(2);
    CompletableFuture<Held> third = new Lock(client(), path).acquire();
    awaitChildren(3);
    second.cancel(false);
    awaitChildren(2);
    assertThat(third).isNotDone();
    first.close();
    soon(third).close();
    awaitNoWatches();
  }

  @Test
  void predecessorThatIsGoneBeforeItCanBeWatchedIsNotWaitedFor() throws Exception {
    AtomicInteger judged = new AtomicInteger();
    ContenderQueue queue =
        new ContenderQueue(
            path,
            "lock-",
            List.of("lock-"),
            (contenders, own) ->
                judged.incrementAndGet() == 1
                    ? new Verdict.Behind("_c_gone-lock-0000000000")
                    : ContenderQueue.Rule.ONE_AT_A_TIME.judge(contenders, own),
            null);
    Held held = soon(queue.acquire(client()));
    assertThat(judged).hasValue(2);
    // Its own, after a while; none on the one that never was.
    awaitWatches(1);
    held.close();
    awaitNoWatches();
  }

  @Test
  void predecessorWhoseDataChangesIsStillWaitedFor() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    String znode = path + "/" + children().get(0);
    CompletableFuture<Held> second = new Lock(client(), path).acquire();
    awaitChildren(2);
    awaitWatches(3);
    direct.setData(znode, new byte[] {1}, ConclaveClient.ANY_VERSION);
    awaitWatches(3);
    assertThat(holder.isHeld()).isTrue();
    assertThat(second).isNotDone();
    holder.close();
    soon(second).close();
  }

  @Test
  void whoseZnodeIsDeletedWhileWaitingQueuesUpAgain() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    String first = children().get(0);
    CompletableFuture<Held> second = new Lock(client(), path).acquire();
    awaitChildren(2);
    String second0 = children().stream().filter(name -> !name.equals(first)).findFirst().get();
    direct.delete(path + "/" + second0, ConclaveClient.ANY_VERSION);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> children().size() == 2 && !children().contains(second0));
    assertThat(second).isNotDone();
    holder.close();
    soon(second).close();
    awaitNoWatches();
  }

  @Test
  void whoseZnodeIsDeletedWhileHoldingLearnsOfIt() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    assertThat(soon(holder.lost())).isEqualTo(Loss.ZNODE_DELETED);
    assertThat(holder.isHeld()).isFalse();
    holder.close();
    awaitNoWatches();
  }

  @Test
  void holderWithoutANetworkPausesThenLosesTheLockByItsOwnClock() throws Exception {
    Relay relay = relay();
    ConclaveClient cutOff = clientBehind(relay);
    Held holder = soon(new Lock(cutOff, path).acquire());
    CompletableFuture<Held> next = new Lock(client(), path).acquire();
    awaitChildren(2);
    CompletableFuture<Long> nextAt = next.thenApply(held -> System.nanoTime());
    relay.refuse();
    await().atMost(Duration.ofMinutes(1)).until(() -> cutOff.state() == SessionState.SUSPENDED);
    assertThat(holder.isHeld()).isFalse();
    assertThat(holder.lost()).isNotDone();
    long certainUntil = System.nanoTime() + holder.certainFor().toNanos();
    assertThat(soon(nextAt)).isGreaterThanOrEqualTo(certainUntil);
    assertThat(soon(holder.lost())).isEqualTo(Loss.SESSION_LOST);
    assertThat(holder.certainFor()).isZero();
    assertThat(soon(next).token()).isGreaterThan(holder.token());
    soon(next).close();
    holder.close();
  }

  @Test
  void holderKeepsTheLockThroughALostConnection() throws Exception {
    Relay relay = relay();
    ConclaveClient cutOff = steadyBehind(relay);
    Held holder = soon(new Lock(cutOff, path).acquire());
    List<SessionState> states = new CopyOnWriteArrayList<>();
    cutOff.onSession(event -> states.add(event.state()));
    relay.cut();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                states.equals(
                    List.of(
                        SessionState.CONNECTED, SessionState.SUSPENDED, SessionState.CONNECTED)));
    assertThat(holder.isHeld()).isTrue();
    assertThat(holder.lost()).isNotDone();
    // Its watch on its own znode is there again.
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    assertThat(soon(holder.lost())).isEqualTo(Loss.ZNODE_DELETED);
  }

  @Test
  void waiterWhoseSessionIsLostQueuesUpInTheNextOne() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    Relay relay = relay();
    CompletableFuture<Held> waiting = new Lock(clientBehind(relay), path).acquire();
    awaitChildren(2);
    relay.refuse();
    awaitChildren(1);
    relay.open();
    awaitChildren(2);
    holder.close();
    assertThat(soon(waiting).isHeld()).isTrue();
    soon(waiting).close();
    assertThat(children()).isEmpty();
  }

  @Test
  void releaseWithoutANetworkIsMadeUpFor() throws Exception {
    Relay relay = relay();
    Held holder = soon(new Lock(steadyBehind(relay), path).acquire());
    relay.refuse();
    CompletableFuture<Void> released = holder.release();
    assertThat(holder.isHeld()).isFalse();
    relay.open();
    soon(released);
    assertThat(children()).isEmpty();
    assertThat(holder.lost()).isNotDone();
  }

  @Test
  void cutAfterCutNobodyIsLetInTwiceAndNothingStays() throws Exception {
    Relay relay = relay();
    ConclaveClient unlucky = steadyBehind(relay);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      all.add(
          new Lock(unlucky, path)
              .acquire()
              .thenCompose(
                  held -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    return held.release();
                  }));
      if (i % 6 == 0) {
        relay.cut();
      }
    }
    soon(CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)));
    assertThat(most).hasValue(1);
    assertThat(children()).isEmpty();
    awaitNoWatches();
  }

  @Test
  void clientThatIsClosedFailsItsAcquisitionsAndLosesItsLocks() throws Exception {
    ConclaveClient ending = client();
    Held holder = soon(new Lock(ending, path).acquire());
    CompletableFuture<Held> waiting = new Lock(ending, path).acquire();
    awaitChildren(2);
    ending.close();
    assertThat(soon(holder.lost())).isEqualTo(Loss.CLIENT_ENDED);
    assertThatThrownBy(() -> soon(waiting))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SessionEndedException.class);
    assertThatThrownBy(() -> soon(new Lock(ending, path).tryAcquire(Duration.ofSeconds(1))))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SessionEndedException.class);
    soon(holder.release());
  }

  @Test
  void clientThatDoesNotRenewItsSessionFailsItsAcquisitions() throws Exception {
    Held holder = soon(new Lock(client(), path).acquire());
    Relay relay = relay();
    ConclaveClient once =
        keep(
            ConclaveClient.connect(relay.connectString(), options().withRenewSession(false))
                .join());
    CompletableFuture<Held> waiting = new Lock(once, path).acquire();
    awaitChildren(2);
    relay.refuse();
    assertThatThrownBy(() -> soon(waiting))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(SessionEndedException.class);
    holder.close();
  }

  @Test
  void numberPastTheLastOneIsRefusedInClearWords() throws Exception {
    ConclaveClient client = client();
    direct.async().ensureContainer(path).join();
    Created past =
        client.create(path + "/_c_x-lock--2147483648", null, CreateMode.EPHEMERAL).join().orThrow();
    ContenderQueue queue = ContenderQueue.oneAtATime(path, "lock-", null);
    assertThat(queue.inOrder(List.of("_c_a-lock-0000000001", "_c_x-lock--2147483648", "other")))
        .containsExactly("_c_x-lock--2147483648", "_c_a-lock-0000000001");
    CompletableFuture<Held> refused =
        CompletableFuture.supplyAsync(
                () ->
                    new Place(Await.inOneSession(client), queue, true)
                        .enter(CompletableFuture.completedFuture(past)),
                client.executor())
            .thenCompose(Place::granted);
    assertThatThrownBy(() -> soon(refused))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("delete " + path);
    awaitChildren(0);
  }
}
