package conclave.server.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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

  private void drive(DrivenLoop loop) {
    loop.begin();
    while (taken.get() < TIMES) {
      loop.look(() -> given.get() != taken.get(), LONG_NANOS);
      taken.set(given.get());
    }
    loop.end();
  }
}
