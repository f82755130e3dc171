package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lock, when processes die and stand still and connections break. */
final class LockFaultTest extends FaultTest {

  private ActorProcess holder() {
    return actor(HolderActor.class, "lock");
  }

  /** One whose session ends by itself soon after it was heard of last. */
  private ActorProcess mortal() {
    return shortLived(server.connectString(), HolderActor.class, "lock");
  }

  @Test
  void killedHolderIsFollowedByTheNext() throws Exception {
    ActorProcess first = mortal();
    ActorProcess second = holder();
    first.tell("acquire");
    long token = Long.parseLong(first.await("held"));
    first.tell("enter");
    first.await("in");
    second.tell("acquire");
    awaitChildren(path, 2);

    first.kill();

    assertThat(Long.parseLong(second.await("held"))).isGreaterThan(token);
    second.tell("enter");
    second.await("in");
    assertThat(resource.visits()).hasSize(2);
    assertThat(resource.overlaps()).isEmpty();
  }

  @Test
  void stoppedHolderIsTurnedAwayByItsTokenAndLearnsOfItsLoss() throws Exception {
    ActorProcess first = mortal();
    ActorProcess second = holder();
    first.tell("acquire");
    first.await("held");
    first.tell("enter");
    first.await("in");
    second.tell("acquire");
    awaitChildren(path, 2);

    first.pause();
    second.await("held");
    second.tell("enter");
    second.await("in");
    // All that it was told before it stood still it now does, believing that it has the lock.
    first.tell("enter");
    first.resume();

    first.await("stale");
    assertThat(first.await("lost")).isEqualTo("SESSION_LOST");
    first.tell("held?");
    assertThat(first.await("held?")).isEqualTo("false");
    assertThat(resource.refused()).hasSize(1);
    second.tell("held?");
    assertThat(second.await("held?")).isEqualTo("true");
  }

  @Test
  void holderWithoutANetworkLeavesBeforeTheNextComes() throws Exception {
    FrameRelay relay = relay();
    ActorProcess first = shortLived(relay.connectString(), HolderActor.class, "lock");
    ActorProcess second = holder();
    first.tell("acquire");
    first.await("held");
    first.tell("enter");
    first.await("in");
    second.tell("acquire");
    awaitChildren(path, 2);

    relay.refuse();

    second.await("held");
    second.tell("enter");
    second.await("in");
    assertThat(first.await("lost")).isEqualTo("SESSION_LOST");
    assertThat(resource.overlaps()).isEmpty();
  }

  @Test
  void severalProcessesOfWhichOneIsKilled() throws Exception {
    severalProcessesOfWhichOneIsKilled(20);
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void severalProcessesOfWhichOneIsKilledForALongTime() throws Exception {
    severalProcessesOfWhichOneIsKilled(1_000);
  }

  private void severalProcessesOfWhichOneIsKilled(int rounds) throws Exception {
    List<ActorProcess> actors = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      actors.add(holder());
    }
    for (ActorProcess actor : actors) {
      actor.await("ready");
    }
    for (ActorProcess actor : actors) {
      actor.tell("loop " + rounds);
    }
    until(() -> resource.visits().size() >= rounds / 2);
    actors.get(0).kill();
    expire(actors.get(0));
    for (ActorProcess actor : actors.subList(1, 4)) {
      assertThat(actor.await("looped")).isEqualTo("0");
    }
    assertThat(resource.overlaps()).isEmpty();
    assertThat(resource.visits()).hasSizeGreaterThan(3 * rounds);
    awaitChildren(path, 0);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfWaitingHoldingAndReleasing(Fault fault) throws Exception {
    ConclaveClient other = client();
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              try (ConclaveClient unlucky = unlucky(relay)) {
                Held before = soon(new Lock(other, path).acquire());
                CompletableFuture<Held> waiting = new Lock(unlucky, path).acquire();
                CompletableFuture<Held> behind = new Lock(other, path).acquire();
                awaitChildren(path, 3);
                assertThat(waiting).isNotDone();
                before.release();
                // It may have lost its place by now.
                CompletableFuture<Object> first = CompletableFuture.anyOf(waiting, behind);
                Held inside = (Held) soon(first);
                assertThat(waiting.isDone() && behind.isDone()).isFalse();
                assertThat(inside.token()).isGreaterThan(before.token());
                inside.release();
                soon(waiting).release();
                soon(behind).release();
                awaitChildren(path, 0);
              }
            });
    awaitWatches(0);
    // Creation, children, the predecessor's watch, the children again, deletion.
    assertThat(steps).isGreaterThanOrEqualTo(5);
  }

  /** Who has waited or held for a while watches its own znode too. */
  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void faultAtEachStepOfHoldingForAWhile(Fault fault) throws Exception {
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              try (ConclaveClient unlucky = unlucky(relay)) {
                Held held = soon(new Lock(unlucky, path).acquire());
                awaitWatchedBelow(path, 1);
                assertThat(held.isHeld()).isTrue();
                held.close();
                awaitChildren(path, 0);
              }
            });
    awaitWatches(0);
    // Creation, children, own watch, the end of that, deletion.
    assertThat(steps).isGreaterThanOrEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfGivingUp(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay);
              Held holder = soon(new Lock(other, path).acquire())) {
            assertThat(soon(new Lock(unlucky, path).tryAcquire(Duration.ofMillis(200)))).isEmpty();
            awaitChildren(path, 1);
            // The holder's own.
            awaitWatchedBelow(path, 1);
            assertThat(holder.isHeld()).isTrue();
          }
        });
  }
}
