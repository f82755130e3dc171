package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.Barrier;
import conclave.recipes.DoubleBarrier;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import conclave.recipes.MultiLock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Barriers, and several locks held together, when connections break. */
final class TogetherFaultTest extends FaultTest {

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void doubleBarrierAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        relay -> {
          try (ConclaveClient unlucky = client(relay.connectString())) {
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
          awaitWatches(0);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void barrierAtEachStep(Fault fault) throws Exception {
    ConclaveClient other = client();
    atEachStep(
        fault,
        relay -> {
          try (ConclaveClient unlucky = client(relay.connectString())) {
            Barrier barrier = new Barrier(unlucky, path);
            soon(barrier.raise());
            CompletableFuture<Void> passing = barrier.awaitRemoval();
            assertThat(direct.exists(path)).isPresent();
            assertThat(passing).isNotDone();
            soon(new Barrier(other, path).remove());
            soon(passing);
            soon(barrier.remove());
          }
          awaitWatches(0);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"REQUEST_LOST", "ANSWER_LOST"})
  void severalLocksAtEachStep(Fault fault) throws Exception {
    Lock ours = new Lock(client(), path + "/b");
    atEachStep(
        fault,
        relay -> {
          try (ConclaveClient unlucky = client(relay.connectString())) {
            Held before = soon(ours.acquire());
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
}
