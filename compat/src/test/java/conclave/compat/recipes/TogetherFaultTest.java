package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ConclaveClient;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.recipes.Barrier;
import conclave.recipes.DoubleBarrier;
import conclave.recipes.GatheringQueue;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import conclave.recipes.MultiLock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Barriers, several locks held together, and queues that gather, when processes die and stand still
 * and connections break.
 */
final class TogetherFaultTest extends FaultTest {

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void doubleBarrierAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay)) {
            DoubleBarrier first = new DoubleBarrier(unlucky, path, 2);
            CompletableFuture<Void> entering = first.enter();
            awaitChildren(path, 1);
            assertThat(entering).isNotDone();
            DoubleBarrier second = new DoubleBarrier(other, path, 2);
            soon(second.enter());
            soon(entering);
            CompletableFuture<Void> leaving = second.leave();
            soon(first.leave());
            soon(leaving);
            awaitChildren(path, 0);
          }
        });
    awaitWatches(0);
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void barrierAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay)) {
            Barrier barrier = new Barrier(unlucky, path);
            soon(barrier.raise());
            CompletableFuture<Void> passing = barrier.awaitRemoval();
            assertThat(direct.exists(path)).isPresent();
            assertThat(passing).isNotDone();
            soon(new Barrier(other, path).remove());
            soon(passing);
            soon(barrier.remove());
          }
        });
    awaitWatches(0);
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void severalLocksAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay)) {
            Held before = soon(new Lock(other, path + "/b").acquire());
            MultiLock both =
                new MultiLock(
                    unlucky,
                    List.of(new Lock(unlucky, path + "/a"), new Lock(unlucky, path + "/b")));
            CompletableFuture<MultiLock.Locks> waiting = both.acquire();
            awaitChildren(path + "/b", 2);
            assertThat(waiting).isNotDone();
            before.close();
            soon(waiting).close();
            awaitChildren(path + "/a", 0);
            awaitChildren(path + "/b", 0);
          }
          awaitWatches(0);
        });
  }

  @Test
  void aBarrierStandsWithoutItsMakerAndNobodyIsForgotten() throws Exception {
    FrameRelay relay = relay();
    ActorProcess maker = actor(TogetherActor.class, "barrier");
    ActorProcess stopped = actor(TogetherActor.class, "barrier");
    ActorProcess cutOff = actorVia(relay.connectString(), TogetherActor.class, "barrier");
    awaitReady(maker, stopped, cutOff);
    maker.tell("raise");
    maker.await("raised");
    stopped.tell("await");
    cutOff.tell("await");
    CompletableFuture<Void> waiting = new Barrier(client(), path).awaitRemoval();
    awaitWatches(3);

    maker.kill();
    stopped.pause();
    expire(stopped);
    relay.refuse();
    // Also the session that stands still has ended.
    awaitWatches(1);
    assertThat(waiting).isNotDone();
    assertThat(direct.exists(path)).isPresent();

    soon(new Barrier(direct.async(), path).remove());
    soon(waiting);
    stopped.resume();
    stopped.await("passed");
    relay.open();
    cutOff.await("passed");
    awaitWatches(0);
  }

  @Test
  void whoDiesWhileItWaitsToEnterIsNotCounted() throws Exception {
    ActorProcess killed = actor(TogetherActor.class, "double", "3");
    awaitReady(killed);
    killed.tell("enter");
    awaitChildren(path, 1);
    killed.kill();
    expire(killed);
    awaitChildren(path, 0);

    List<CompletableFuture<Void>> entering = new ArrayList<>();
    entering.add(new DoubleBarrier(client(), path, 3).enter());
    entering.add(new DoubleBarrier(client(), path, 3).enter());
    awaitChildren(path, 2);
    // Each its own znode and the mark: by then they have counted.
    awaitWatches(4);
    assertThat(entering).noneMatch(CompletableFuture::isDone);
    entering.add(new DoubleBarrier(client(), path, 3).enter());
    for (CompletableFuture<Void> one : entering) {
      soon(one);
    }
  }

  @Test
  void whoStandsStillWhileItWaitsToEnterComesAgain() throws Exception {
    ActorProcess stopped = actor(TogetherActor.class, "double", "2");
    awaitReady(stopped);
    stopped.tell("enter");
    awaitChildren(path, 1);
    stopped.pause();
    expire(stopped);
    awaitChildren(path, 0);
    CompletableFuture<Void> entering = new DoubleBarrier(client(), path, 2).enter();
    awaitChildren(path, 1);
    assertThat(entering).isNotDone();

    stopped.resume();

    stopped.await("entered");
    soon(entering);
  }

  @Test
  void nobodyLeavesBeforeTheLivingAndNobodyWaitsForTheDead() throws Exception {
    ActorProcess killed = actor(TogetherActor.class, "double", "4");
    ActorProcess stopped = actor(TogetherActor.class, "double", "4");
    awaitReady(killed, stopped);
    DoubleBarrier one = new DoubleBarrier(client(), path, 4);
    DoubleBarrier other = new DoubleBarrier(client(), path, 4);
    CompletableFuture<Void> entered = CompletableFuture.allOf(one.enter(), other.enter());
    killed.tell("enter");
    stopped.tell("enter");
    soon(entered);
    killed.await("entered");
    stopped.await("entered");

    CompletableFuture<Void> oneLeft = one.leave();
    killed.kill();
    expire(killed);
    stopped.pause();
    expire(stopped);
    // The other one, and the mark.
    awaitChildren(path, 2);
    assertThat(oneLeft).isNotDone();
    CompletableFuture<Void> otherLeft = other.leave();

    soon(oneLeft);
    soon(otherLeft);
    stopped.resume();
    stopped.tell("leave");
    stopped.await("left");
    awaitChildren(path, 0);
    awaitWatches(0);
  }

  @Test
  void whatADeadOneHadWhileItWaitedForTheRestIsFree() throws Exception {
    Held blocking = soon(new Lock(client(), path + "/b").acquire());
    ActorProcess killed = actor(HolderActor.class, "multi");
    ActorProcess stopped = actor(HolderActor.class, "multi");
    killed.tell("acquire");
    awaitChildren(path + "/b", 2);
    stopped.tell("acquire");
    awaitChildren(path + "/a", 2);

    killed.kill();
    expire(killed);
    // Now the other has the first and waits for the second.
    awaitChildren(path + "/a", 1);
    awaitChildren(path + "/b", 2);
    stopped.pause();
    expire(stopped);
    awaitChildren(path + "/a", 0);
    awaitChildren(path + "/b", 1);
    Held first = soon(new Lock(client(), path + "/a").acquire());
    first.close();
    stopped.resume();
    awaitChildren(path + "/b", 2);
    blocking.close();

    stopped.await("held");
    stopped.tell("release");
    stopped.await("released");
    awaitChildren(path + "/a", 0);
    awaitChildren(path + "/b", 0);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void nothingIsLeftOfSeveralLocksThatWereGivenUpAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        (relay, path) -> {
          try (ConclaveClient unlucky = unlucky(relay);
              Held blocking = soon(new Lock(other, path + "/b").acquire())) {
            CompletableFuture<MultiLock.Locks> waiting =
                HolderActor.several(unlucky, path).acquire();
            awaitChildren(path + "/b", 2);
            waiting.cancel(false);
            awaitChildren(path + "/a", 0);
            awaitChildren(path + "/b", 1);
            assertThat(blocking.isHeld()).isTrue();
          }
        });
  }

  @Test
  void nothingIsLeftWhenOneOfSeveralLocksIsRefused() throws Exception {
    direct.ensurePath(path);
    direct
        .await(direct.async().create(path + "/b", null, CreateMode.PERSISTENT, Acl.READ_ONLY))
        .orThrow();
    assertThatThrownBy(() -> soon(HolderActor.several(client(), path).acquire()))
        .hasMessageContaining("NO_AUTH");
    awaitChildren(path + "/a", 0);
    awaitWatches(0);
  }

  private ActorProcess gathering(int size, String name) {
    return actor(TogetherActor.class, "gather", Integer.toString(size), name);
  }

  @Test
  void whoDiesBeforeTheStartIsNotCountedAndWhoStoodStillJoinsBehind() throws Exception {
    ActorProcess killed = gathering(3, "killed");
    ActorProcess stopped = gathering(3, "stopped");
    awaitReady(killed, stopped);
    killed.tell("join");
    stopped.tell("join");
    awaitChildren(path, 2);
    killed.kill();
    expire(killed);
    stopped.pause();
    expire(stopped);
    awaitChildren(path, 0);

    GatheringQueue queue = new GatheringQueue(client(), path, 3);
    CompletableFuture<GatheringQueue.Start> one = queue.join("one".getBytes(UTF_8));
    awaitChildren(path, 1);
    CompletableFuture<GatheringQueue.Start> other = queue.join("other".getBytes(UTF_8));
    awaitChildren(path, 2);
    assertThat(one).isNotDone();
    assertThat(other).isNotDone();
    stopped.resume();

    assertThat(stopped.await("started")).isEqualTo("2 one,other,stopped");
    assertThat(soon(one).position()).isZero();
    assertThat(soon(other).position()).isEqualTo(1);
    assertThat(TogetherActor.names(soon(one))).isEqualTo("one,other,stopped");
    assertThat(TogetherActor.names(soon(other))).isEqualTo("one,other,stopped");
    CompletableFuture<GatheringQueue.Start> late = queue.join("late".getBytes(UTF_8));
    assertThat(soon(late).position()).isEqualTo(-1);
  }

  @Test
  void whoStandsStillAtTheStartIsToldOfIt() throws Exception {
    ActorProcess member = gathering(2, "member");
    awaitReady(member);
    member.tell("join");
    awaitChildren(path, 1);
    member.pause();
    GatheringQueue queue = new GatheringQueue(client(), path, 2);
    // Its session lives, so it is one of the two.
    GatheringQueue.Start start = soon(queue.join("one".getBytes(UTF_8)));
    assertThat(TogetherActor.names(start)).isEqualTo("member,one");
    expire(member);
    member.resume();
    assertThat(member.await("started")).isEqualTo("0 member,one");
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfGathering(Fault fault) throws Exception {
    ConclaveClient other = client();
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              String game = path + "/game-" + System.nanoTime();
              try (ConclaveClient unlucky = unlucky(relay)) {
                List<CompletableFuture<GatheringQueue.Start>> joining = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                  // The one in the middle waits, and the last one makes the start.
                  ConclaveClient client = i == 0 ? other : unlucky;
                  joining.add(
                      new GatheringQueue(client, game, 3)
                          .join(Integer.toString(i).getBytes(UTF_8)));
                  if (i < 2) {
                    awaitChildren(game, i + 1);
                    assertThat(joining).noneMatch(CompletableFuture::isDone);
                  }
                }
                for (int i = 0; i < 3; i++) {
                  GatheringQueue.Start start = soon(joining.get(i));
                  assertThat(TogetherActor.names(start)).isEqualTo("0,1,2");
                  assertThat(start.position()).isEqualTo(i);
                }
                assertThat(children(game + "/start")).hasSize(3);
              }
            });
    assertThat(steps).isGreaterThanOrEqualTo(6);
  }

  @Test
  void everyGatheringStartsOnceWhoeverDies() throws Exception {
    everyGatheringStartsOnce(1);
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void everyGatheringStartsOnceWhoeverDiesForALongTime() throws Exception {
    everyGatheringStartsOnce(30);
  }

  /** Six come at once where three are wanted, and one of them is killed just then. */
  private void everyGatheringStartsOnce(int rounds) throws Exception {
    String root = path;
    for (int round = 0; round < rounds; round++) {
      path = root + "-" + round;
      List<ActorProcess> actors = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        actors.add(gathering(3, "m" + i));
      }
      awaitReady(actors.toArray(ActorProcess[]::new));
      actors.forEach(actor -> actor.tell("join"));
      ActorProcess killed = actors.remove(round % 6);
      killed.kill();
      expire(killed);
      Set<String> starts = new HashSet<>();
      for (ActorProcess actor : actors) {
        String[] told = actor.await("started").split(" ");
        starts.add(told[1]);
      }
      assertThat(starts).hasSize(1);
      List<String> members = List.of(starts.iterator().next().split(","));
      assertThat(members).hasSize(3).doesNotHaveDuplicates();
      // Each of the living is at the position that all were told.
      List<Integer> positions =
          said("started", actors).stream()
              .map(line -> Integer.valueOf(line.split(" ")[0]))
              .filter(position -> position >= 0)
              .toList();
      assertThat(positions).doesNotHaveDuplicates().hasSizeBetween(2, 3);
      for (ActorProcess actor : actors) {
        end(actor);
      }
    }
  }
}
