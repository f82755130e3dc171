package conclave.server.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class DrivenLoopTest {
  private static final int TIMES = 20_000;
  private static final long LONG_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final AtomicLong given = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();

  @Test
  void whoeverWakesItIsNoticedWithEpoll() throws InterruptedException {
    assumeTrue(Epoll.isAvailable());
    noWakeUpIsLost(EpollIoHandler.newFactory());
  }

  @Test
  void whoeverWakesItIsNoticedWithSelectors() throws InterruptedException {
    noWakeUpIsLost(NioIoHandler.newFactory());
  }

  /** The thread would sleep for minutes: a lost wake-up ends in the limit. */
  private void noWakeUpIsLost(IoHandlerFactory factory) throws InterruptedException {
    DrivenLoop loop = new DrivenLoop(factory);
    Thread thread = new Thread(() -> drive(loop), "driver");
    thread.start();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    for (long i = 1; i <= TIMES; i++) {
      given.set(i);
      loop.wakeup();
      while (i % 2 == 0 && taken.get() < i && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    }
    while (taken.get() < TIMES && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(taken).hasValue(TIMES);
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    thread.join(LIMIT.toMillis());
    assertThat(thread.isAlive()).isFalse();
  }

  /** Two threads in turn: each finds what was given to the other, and nothing is done twice. */
  @Test
  void itGoesOverToAnotherThread() throws InterruptedException {
    DrivenLoop loop =
        new DrivenLoop(
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    List<String> ran = new CopyOnWriteArrayList<>();
    Semaphore turn = new Semaphore(1, true);
    Thread first = new Thread(() -> takeTurns(loop, turn), "first");
    Thread second = new Thread(() -> takeTurns(loop, turn), "second");
    first.start();
    second.start();
    int given = 0;
    while (!(ran.contains("first") && ran.contains("second")) || given < 100) {
      loop.execute(() -> ran.add(Thread.currentThread().getName()));
      loop.schedule(taken::incrementAndGet, 1, TimeUnit.MILLISECONDS);
      given++;
      int all = given;
      Awaitility.await()
          .pollInterval(Duration.ofMillis(1))
          .until(() -> ran.size() == all && taken.get() == all);
    }
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    first.join(LIMIT.toMillis());
    second.join(LIMIT.toMillis());
    assertThat(loop.terminationFuture().isSuccess()).isTrue();
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
  }

  private static void takeTurns(DrivenLoop loop, Semaphore turn) {
    while (!loop.isTerminated()) {
      turn.acquireUninterruptibly();
      loop.begin();
      loop.look(() -> false, LONG_NANOS);
      turn.release();
    }
  }

  @Test
  void whoHasNotBegunMayNotRunIt() {
    DrivenLoop loop = new DrivenLoop(NioIoHandler.newFactory());
    assertThatThrownBy(loop::look).isInstanceOf(IllegalStateException.class);
    loop.begin();
    loop.look();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    loop.end();
    assertThat(loop.isTerminated()).isTrue();
  }

  private void drive(DrivenLoop loop) {
    loop.begin();
    while (taken.get() < TIMES) {
      loop.look(() -> given.get() != taken.get(), LONG_NANOS);
      taken.set(given.get());
    }
    loop.end();
  }
}
