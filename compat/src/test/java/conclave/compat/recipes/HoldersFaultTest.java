package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import conclave.recipes.ReadWriteLock;
import conclave.recipes.Semaphore;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What else can be held, when processes die and stand still and connections break. */
final class HoldersFaultTest extends FaultTest {

  @ParameterizedTest
  @ValueSource(strings = {"write", "semaphore", "latch", "selector", "multi"})
  void killedHolderIsFollowedByTheNext(String recipe) throws Exception {
    ActorProcess first = actor(HolderActor.class, recipe);
    ActorProcess second = actor(HolderActor.class, recipe);
    goInside(first);
    queueUp(second, recipe);
    first.kill();
    expire(first);
    second.await("held");
    second.tell("enter");
    second.await("in");
    assertThat(resource.visits()).hasSize(2);
    assertThat(resource.overlaps()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"write", "semaphore", "latch", "selector", "multi"})
  void stoppedHolderIsTurnedAwayByItsToken(String recipe) throws Exception {
    ActorProcess first = actor(HolderActor.class, recipe);
    ActorProcess second = actor(HolderActor.class, recipe);
    goInside(first);
    queueUp(second, recipe);
    first.pause();
    expire(first);
    second.await("held");
    second.tell("enter");
    second.await("in");
    first.tell("enter");
    first.resume();
    first.await("stale");
    assertThat(first.await("lost")).isEqualTo("SESSION_LOST");
  }

  @ParameterizedTest
  @ValueSource(strings = {"semaphore", "latch", "multi"})
  void holderWithoutANetworkLeavesBeforeTheNextComes(String recipe) throws Exception {
    FrameRelay relay = relay();
    ActorProcess first = shortLived(relay.connectString(), HolderActor.class, recipe);
    ActorProcess second = actor(HolderActor.class, recipe);
    goInside(first);
    queueUp(second, recipe);
    relay.refuse();
    second.await("held");
    second.tell("enter");
    second.await("in");
    assertThat(first.await("lost")).isEqualTo("SESSION_LOST");
    assertThat(resource.overlaps()).isEmpty();
  }

  private static void goInside(ActorProcess actor) throws Exception {
    actor.tell("acquire");
    actor.await("held");
    actor.tell("enter");
    actor.await("in");
  }

  private void queueUp(ActorProcess actor, String recipe) {
    actor.tell("acquire");
    awaitChildren(path + HolderActor.contenders(recipe), 2);
  }

  /** What is contended for by {@link #faultAtEachStep}. */
  private enum Contended {
    WRITE {
      @Override
      Supplier<CompletableFuture<Held>> by(ConclaveClient client, String path) {
        return new ReadWriteLock(client, path).write()::acquire;
      }
    },
    READ {
      @Override
      Supplier<CompletableFuture<Held>> by(ConclaveClient client, String path) {
        return new ReadWriteLock(client, path).read()::acquire;
      }
    },
    SEMAPHORE {
      @Override
      Supplier<CompletableFuture<Held>> by(ConclaveClient client, String path) {
        return new Semaphore(client, path, 1)::acquire;
      }

      @Override
      String holders(String path) {
        return path + "/leases";
      }
    };

    abstract Supplier<CompletableFuture<Held>> by(ConclaveClient client, String path);

    String holders(String path) {
      return path;
    }
  }

  @ParameterizedTest
  @EnumSource(Contended.class)
  void requestLostAtEachStep(Contended what) throws Exception {
    faultAtEachStep(what, Fault.REQUEST_LOST);
  }

  @ParameterizedTest
  @EnumSource(Contended.class)
  void answerLostAtEachStep(Contended what) throws Exception {
    faultAtEachStep(what, Fault.ANSWER_LOST);
  }

  private void faultAtEachStep(Contended what, Fault fault) throws Exception {
    ConclaveClient other = client();
    Contended first = what == Contended.READ ? Contended.WRITE : what;
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              try (ConclaveClient unlucky = unlucky(relay)) {
                Held before = soon(first.by(other, path).get());
                CompletableFuture<Held> waiting = what.by(unlucky, path).get();
                awaitChildren(what.holders(path), 2);
                assertThat(waiting).isNotDone();
                before.close();
                Held held = soon(waiting);
                assertThat(held.token()).isGreaterThan(before.token());
                held.close();
                awaitChildren(what.holders(path), 0);
              }
            });
    awaitWatches(0);
    assertThat(steps).isGreaterThanOrEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void faultAtEachStepOfAnElection(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay);
              LeaderLatch first = new LeaderLatch(other, path, "first");
              LeaderLatch second = new LeaderLatch(unlucky, path, "second")) {
            first.start();
            Held term = soon(first.elected());
            second.start();
            awaitChildren(path, 2);
            assertThat(second.isLeader()).isFalse();
            first.close();
            Held next = soon(second.elected());
            assertThat(next.token()).isGreaterThan(term.token());
            second.close();
            awaitChildren(path, 0);
          }
        });
    awaitWatches(0);
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void downgradeAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay)) {
            ReadWriteLock lock = new ReadWriteLock(unlucky, path);
            CompletableFuture<Held> reading = lock.write().acquire().thenCompose(lock::downgrade);
            Held held = soon(reading);
            try (Held beside = soon(new ReadWriteLock(other, path).read().acquire())) {
              assertThat(beside.token()).isGreaterThan(held.token());
            }
            held.close();
            awaitChildren(path, 0);
          }
        });
    awaitWatches(0);
  }
}
