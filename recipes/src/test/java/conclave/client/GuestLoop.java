package conclave.client;

import conclave.simulator.Guest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * An event loop without a thread: its tasks are things that happen in a simulated world, and its
 * timers go by the clock of a simulated machine. Everything between two tasks may happen there.
 */
final class GuestLoop extends AbstractScheduledEventExecutor implements EventLoop {
  private static final int MOST_AT_ONCE = 8;

  private final Guest machine;
  private final Ticker ticker;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final Promise<Void> terminated = ImmediateEventExecutor.INSTANCE.newPromise();
  private int depth;
  private boolean closed;
  private boolean turnPlanned;
  private long wakeAtNanos = Long.MAX_VALUE;

  GuestLoop(Guest machine) {
    this.machine = machine;
    this.ticker =
        new Ticker() {
          @Override
          public long initialNanoTime() {
            return 0;
          }

          @Override
          public long nanoTime() {
            return machine.nanoTime();
          }

          @Override
          public void sleep(long delay, TimeUnit unit) {
            throw new IllegalStateException("nobody sleeps in a simulation");
          }
        };
  }

  /** Something comes in from outside, and is dealt with on the loop at once. */
  void enter(Runnable task) {
    if (terminated.isDone()) {
      return;
    }
    depth++;
    try {
      task.run();
    } finally {
      depth--;
      plan();
    }
  }

  @Override
  public void execute(Runnable task) {
    if (terminated.isDone()) {
      throw new RejectedExecutionException("the loop has ended");
    }
    tasks.add(task);
    plan();
  }

  private void plan() {
    if (depth > 0 || terminated.isDone()) {
      return;
    }
    if (!tasks.isEmpty()) {
      if (!turnPlanned) {
        turnPlanned = true;
        machine.after(1_000 * (1 + machine.random().nextInt(20)), this::turn);
      }
      return;
    }
    long next = nextScheduledTaskDeadlineNanos();
    if (next >= 0 && next < wakeAtNanos) {
      wakeAtNanos = next;
      machine.after(Math.max(0, next - ticker.nanoTime()), () -> wake(next));
    }
  }

  private void wake(long at) {
    if (wakeAtNanos == at) {
      wakeAtNanos = Long.MAX_VALUE;
    }
    if (!turnPlanned) {
      turn();
    }
  }

  private void turn() {
    turnPlanned = false;
    enter(
        () -> {
          fetchFromScheduledTaskQueue(tasks);
          int most = 1 + machine.random().nextInt(MOST_AT_ONCE);
          for (int i = 0; i < most && !tasks.isEmpty(); i++) {
            safeExecute(tasks.remove());
          }
          if (closed && tasks.isEmpty()) {
            cancelScheduledTasks();
            terminated.trySuccess(null);
          }
        });
  }

  @Override
  public Ticker ticker() {
    return ticker;
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return depth > 0;
  }

  @Override
  public EventLoopGroup parent() {
    return this;
  }

  @Override
  public EventLoop next() {
    return this;
  }

  @Override
  public ChannelFuture register(Channel channel) {
    return register(new DefaultChannelPromise(channel, this));
  }

  @Override
  public ChannelFuture register(ChannelPromise promise) {
    Objects.requireNonNull(promise).channel().unsafe().register(this, promise);
    return promise;
  }

  @Override
  @Deprecated
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    channel.unsafe().register(this, promise);
    return promise;
  }

  // --- the end

  /** What is waiting is still done, and nothing else any more. */
  void close() {
    closed = true;
    if (!turnPlanned) {
      turnPlanned = true;
      machine.after(1, this::turn);
    }
  }

  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    close();
    return terminated;
  }

  @Override
  public Future<?> terminationFuture() {
    return terminated;
  }

  @Override
  @Deprecated
  public void shutdown() {
    close();
  }

  @Override
  public boolean isShuttingDown() {
    return closed;
  }

  @Override
  public boolean isShutdown() {
    return closed;
  }

  @Override
  public boolean isTerminated() {
    return terminated.isDone();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return terminated.isDone();
  }
}
