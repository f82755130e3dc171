package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Barriers of both kinds. */
class BarrierTest extends RecipeTest {

  @Test
  void whoeverComesWaitsUntilItIsTakenAway() throws Exception {
    Barrier barrier = new Barrier(client(), path);
    soon(barrier.awaitRemoval());
    soon(barrier.raise());
    soon(barrier.raise());
    CompletableFuture<Void> waiting = new Barrier(client(), path).awaitRemoval();
    assertThat(soon(new Barrier(client(), path).awaitRemoval(Duration.ofMillis(200)))).isFalse();
    awaitWatches(1);
    // Of no interest.
    direct.setData(path, new byte[1], ConclaveClient.ANY_VERSION);
    awaitWatches(1);
    assertThat(waiting).isNotDone();
    soon(barrier.remove());
    soon(waiting);
    soon(barrier.remove());
    barrier.pass();
    awaitNoWatches();
  }

  @Test
  void waitingGoesOnInTheNextSessionAndCanBeCancelled() throws Exception {
    Barrier barrier = new Barrier(client(), path);
    soon(barrier.raise());
    Relay relay = relay();
    ConclaveClient cutOff = clientBehind(relay);
    CompletableFuture<Void> lost = new CompletableFuture<>();
    cutOff.onSession(
        event -> {
          if (event.state() == SessionState.LOST) {
            lost.complete(null);
          }
        });
    CompletableFuture<Void> waiting = new Barrier(cutOff, path).awaitRemoval();
    CompletableFuture<Void> cancelled = new Barrier(client(), path).awaitRemoval();
    awaitWatches(2);
    cancelled.cancel(false);
    awaitWatches(1);
    relay.refuse();
    soon(lost);
    relay.open();
    awaitWatches(1);
    assertThat(waiting).isNotDone();
    soon(barrier.remove());
    soon(waiting);
  }

  @Test
  void allEnterTogetherAndLeaveTogether() throws Exception {
    List<DoubleBarrier> members = new ArrayList<>();
    List<CompletableFuture<Void>> entering = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      members.clear();
      entering.clear();
      for (int i = 0; i < 3; i++) {
        DoubleBarrier member = new DoubleBarrier(client(), path, 3);
        members.add(member);
        assertThat(entering).noneMatch(CompletableFuture::isDone);
        entering.add(member.enter());
        awaitChildren(i < 2 ? i + 1 : 4);
      }
      for (CompletableFuture<Void> entered : entering) {
        soon(entered);
      }
      CompletableFuture<Void> first = members.get(0).leave();
      CompletableFuture<Boolean> second = members.get(1).leave(Duration.ofMillis(200));
      assertThat(soon(second)).isFalse();
      assertThat(first).isNotDone();
      soon(members.get(2).leave());
      soon(first);
      assertThat(children()).isEmpty();
    }
    awaitNoWatches();
  }

  @Test
  void whoGivesUpEnteringLeavesNothing() throws Exception {
    DoubleBarrier alone = new DoubleBarrier(client(), path, 2);
    assertThat(soon(alone.enter(Duration.ofMillis(200)))).isFalse();
    awaitChildren(0);
    awaitNoWatches();
  }

  @Test
  void memberThatLosesItsSessionOrItsZnodeWhileEnteringComesAgain() throws Exception {
    Relay relay = relay();
    DoubleBarrier cutOff = new DoubleBarrier(clientBehind(relay), path, 2);
    CompletableFuture<Void> entering = cutOff.enter();
    awaitChildren(1);
    String first = children().get(0);
    direct.delete(path + "/" + first, ConclaveClient.ANY_VERSION);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> children().size() == 1 && !children().contains(first));
    relay.refuse();
    awaitChildren(0);
    relay.open();
    awaitChildren(1);
    DoubleBarrier other = new DoubleBarrier(client(), path, 2);
    soon(other.enter());
    soon(entering);
    CompletableFuture<Void> left = other.leave();
    // Nobody waits for the dead.
    relay.refuse();
    soon(left);
  }

  @Test
  void markThatACrashHasLeftBehindIsNoOnesRound() throws Exception {
    direct.create(path, null, CreateMode.PERSISTENT);
    direct.create(path + "/ready", null, CreateMode.PERSISTENT);
    DoubleBarrier one = new DoubleBarrier(client(), path, 2);
    CompletableFuture<Void> entering = one.enter();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> children().size() == 1 && !children().contains("ready"));
    assertThat(entering).isNotDone();
    DoubleBarrier other = new DoubleBarrier(client(), path, 2);
    soon(other.enter());
    soon(entering);
    // More than the number may enter.
    DoubleBarrier surplus = new DoubleBarrier(client(), path, 2);
    soon(surplus.enter());
    CompletableFuture<Void> left = one.leave();
    soon(CompletableFuture.allOf(left, other.leave(), surplus.leave()));
    assertThat(children()).isEmpty();
  }
}
