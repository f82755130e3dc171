package conclave.server.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HelmTest {
  private static final int TURNS = 2_000;

  private final AtomicLong nanos = new AtomicLong(12);
  private final Helm helm = new Helm(nanos::get);

  private static <T> FutureTask<T> elsewhere(java.util.concurrent.Callable<T> what) {
    FutureTask<T> task = new FutureTask<>(what);
    new Thread(task, "standby").start();
    return task;
  }

  @Test
  void whoLendsItShortlyGetsItBack() {
    assertThat(helm.take()).isTrue();
    FutureTask<Boolean> standby = elsewhere(helm::take);
    for (int i = 0; i < 10_000; i++) {
      long lent = helm.lend();
      nanos.addAndGet(Helm.PATIENCE_NANOS - 1);
      assertThat(helm.takeBack(lent)).isTrue();
    }
    assertThat(standby.isDone()).isFalse();
    helm.end();
  }

  @Test
  void whoStandsByTakesItWhenItIsLentForLong() throws Exception {
    assertThat(helm.take()).isTrue();
    FutureTask<Boolean> standby = elsewhere(helm::take);
    long lent = helm.lend();
    nanos.addAndGet(Helm.PATIENCE_NANOS);
    assertThat(standby.get()).isTrue();
    assertThat(helm.takeBack(lent)).isFalse();
  }

  /** Also when the new owner has lent it in its turn. */
  @Test
  void whoHasLostItDoesNotGetItBackByAnOldClaim() throws Exception {
    assertThat(helm.take()).isTrue();
    long lent = helm.lend();
    nanos.addAndGet(Helm.PATIENCE_NANOS);
    long lentAgain =
        elsewhere(
                () -> {
                  assertThat(helm.take()).isTrue();
                  return helm.lend();
                })
            .get();
    assertThat(helm.takeBack(lent)).isFalse();
    assertThat(helm.takeBack(lentAgain)).isTrue();
  }

  @Test
  void whoStandsByIsToldOfTheEnd() throws Exception {
    assertThat(helm.take()).isTrue();
    FutureTask<Boolean> standby = elsewhere(helm::take);
    helm.end();
    assertThat(standby.get()).isFalse();
  }

  /** Two threads work on what nothing else protects, and the helm changes hands all the time. */
  @Test
  void onlyOneHasIt() throws Exception {
    Helm real = new Helm(System::nanoTime);
    Work work = new Work();
    List<FutureTask<Integer>> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Random random = new Random(i);
      threads.add(elsewhere(() -> run(real, work, random)));
    }
    int changes = 0;
    for (FutureTask<Integer> thread : threads) {
      changes += thread.get(50, TimeUnit.SECONDS);
    }
    assertThat(work.done).hasSize(TURNS);
    for (int i = 0; i < TURNS; i++) {
      assertThat(work.done.get(i)).isEqualTo(i);
    }
    assertThat(changes).isGreaterThan(2);
  }

  private static final class Work {
    final List<Integer> done = new ArrayList<>();
  }

  /** How often this thread got it. */
  private static int run(Helm helm, Work work, Random random) {
    int taken = 0;
    while (helm.take()) {
      taken++;
      boolean mine = true;
      while (mine && work.done.size() < TURNS) {
        work.done.add(work.done.size());
        long lent = helm.lend();
        if (random.nextInt(100) == 0) {
          LockSupport.parkNanos(3 * Helm.PATIENCE_NANOS);
        }
        mine = helm.takeBack(lent);
      }
      if (mine) {
        helm.end();
      }
    }
    return taken;
  }
}
