package conclave.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import org.junit.jupiter.api.Test;

final class LingeringHandlerTest {
  /** Asks once whether it may wait, as epoll's does at least, and handles what it is told to. */
  private final class Asking implements IoHandler {
    @Override
    public int run(IoHandlerContext context) {
      mayWait = context.canBlock();
      return arriving;
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void wakeup() {}

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return false;
    }
  }

  private final class Loop implements IoHandlerContext {
    @Override
    public boolean canBlock() {
      return idle;
    }

    @Override
    public long delayNanos(long nowNanos) {
      return 0;
    }

    @Override
    public long deadlineNanos() {
      return -1;
    }
  }

  private final LingeringHandler handler = new LingeringHandler(new Asking(), () -> nowNanos());
  private final Loop loop = new Loop();

  /** About to wrap around, as {@code System.nanoTime} may. */
  private long nowNanos = Long.MAX_VALUE - 1_000;

  private boolean idle = true;
  private boolean mayWait;
  private int arriving;

  private long nowNanos() {
    return nowNanos;
  }

  private boolean sleeps() {
    arriving = 0;
    handler.run(loop);
    return mayWait;
  }

  private void arrives() {
    arriving = 1;
    handler.run(loop);
  }

  private void timePasses() {
    nowNanos += LingeringHandler.LINGER_NANOS;
  }

  /** Whether it looked around when it was told to; nothing comes. */
  private boolean lingersInVain() {
    handler.linger();
    boolean lingered = !sleeps();
    timePasses();
    assertThat(sleeps()).isTrue();
    return lingered;
  }

  @Test
  void sleepsAtOnceUnlessItIsToldToLinger() {
    assertThat(sleeps()).isTrue();
  }

  @Test
  void lingersForAMoment() {
    handler.linger();
    assertThat(sleeps()).isFalse();
    nowNanos += LingeringHandler.LINGER_NANOS - 1;
    assertThat(sleeps()).isFalse();
    nowNanos++;
    assertThat(sleeps()).isTrue();
  }

  @Test
  void whatComesEndsIt() {
    handler.linger();
    assertThat(sleeps()).isFalse();
    arrives();
    assertThat(sleeps()).isTrue();
  }

  @Test
  void doesNotSleepWhileThereIsSomethingToDo() {
    idle = false;
    assertThat(sleeps()).isFalse();
    handler.linger();
    timePasses();
    assertThat(sleeps()).isFalse();
  }

  @Test
  void isDoneLessAndLessWhereItIsInVain() {
    int lingered = 0;
    for (int i = 0; i < 1_000; i++) {
      lingered += lingersInVain() ? 1 : 0;
    }
    // After 1, 3, 7, 15, 31, 63 skipped ones every 128th.
    assertThat(lingered).isEqualTo(7 + (1_000 - 127) / (LingeringHandler.MOST_SKIPS + 1));
  }

  /** It sleeps in the same turn in which it has found out that it need not look any more. */
  @Test
  void whatComesWhileItSleepsWasNotWaitedFor() {
    for (int i = 0; i < 3; i++) {
      handler.linger();
      timePasses();
      arrives();
      assertThat(mayWait).isTrue();
    }
    // 1 and 2 of 3 are skipped.
    handler.linger();
    assertThat(sleeps()).isTrue();
  }

  @Test
  void isDoneAlwaysOnceItWasWorthIt() {
    for (int i = 0; i < 1_000; i++) {
      lingersInVain();
    }
    while (!lingersInVain()) {
      // One of the next is the one that is done.
    }
    for (int i = 0; i < LingeringHandler.MOST_SKIPS; i++) {
      handler.linger();
      assertThat(sleeps()).isTrue();
    }
    for (int i = 0; i < 10; i++) {
      handler.linger();
      assertThat(sleeps()).isFalse();
      arrives();
    }
    assertThat(lingersInVain()).isTrue();
    assertThat(lingersInVain()).isFalse();
    assertThat(lingersInVain()).isTrue();
  }
}
