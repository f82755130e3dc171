package conclave.server.quorum;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jctools.queues.atomic.MpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * An event loop that the replica's thread runs between its batches. A thread of its own would cost
 * two wake-ups for every packet: one to hand it over, and one on the way back.
 *
 * <p>Netty has such a loop ({@code ManualIoEventLoop}), but that one belongs to its first thread
 * for ever. This one goes over to whoever calls {@link #begin}; two threads must not run it at the
 * same time, and the later one must have learned from the earlier one that it may.
 */
public final class DrivenLoop extends AbstractScheduledEventExecutor implements IoEventLoop {
  /** For tasks, among them pieces of snapshots, before the replica has its turn again. */
  private static final long TASKS_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private static final long LAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int CHUNK = 256;

  private enum State {
    OPEN,
    /** Takes no new work; whoever runs it ends it. */
    CLOSING,
    TERMINATED
  }

  private final MpscUnboundedAtomicArrayQueue<Runnable> tasks =
      new MpscUnboundedAtomicArrayQueue<>(CHUNK);
  private final Promise<Void> terminated = new DefaultPromise<>(GlobalEventExecutor.INSTANCE);
  private final IoHandlerContext atOnce = new AtOnce();
  private final Patient patient = new Patient();
  private final IoHandler handler;
  private volatile @Nullable Thread runner;
  private volatile State state = State.OPEN;
  private boolean initialized;

  DrivenLoop(IoHandlerFactory factory) {
    handler = factory.newHandler(this);
  }

  // --- whoever runs it

  /** The calling thread is the one that runs it from now on. */
  public void begin() {
    runner = Thread.currentThread();
    if (!initialized) {
      initialized = true;
      handler.initialize();
    }
  }

  /** Reads and writes what is ready. */
  public void look() {
    run(atOnce);
  }

  /** Reads and writes; waits for something to read or write while there is no other work. */
  public void look(BooleanSupplier otherWork, long nanos) {
    patient.otherWork = otherWork;
    patient.longestNanos = nanos;
    run(patient);
  }

  /** Goes on until somebody shuts it down. */
  public void end() {
    while (!isTerminated()) {
      look(() -> false, LAST_WAIT_NANOS);
    }
  }

  private void run(IoHandlerContext context) {
    if (!inEventLoop()) {
      throw new IllegalStateException(
          "run by a thread that has not begun: runner=%s caller=%s"
              .formatted(runner, Thread.currentThread()));
    }
    switch (state) {
      case OPEN -> {
        handler.run(context);
        runTasks(TASKS_NANOS);
      }
      case CLOSING -> terminate();
      case TERMINATED -> {}
    }
  }

  private void runTasks(long nanos) {
    fetchFromScheduledTaskQueue(tasks);
    Runnable task = tasks.poll();
    if (task == null) {
      return;
    }
    long end = ticker().nanoTime() + nanos;
    while (task != null) {
      safeExecute(task);
      task = ticker().nanoTime() - end < 0 ? tasks.poll() : null;
    }
  }

  /** Closing the channels makes tasks, and these may make more. */
  private void terminate() {
    runAll();
    handler.prepareToDestroy();
    cancelScheduledTasks();
    runAll();
    state = State.TERMINATED;
    runAll();
    handler.destroy();
    terminated.setSuccess(null);
  }

  private void runAll() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      safeExecute(task);
    }
  }

  private final class AtOnce implements IoHandlerContext {
    @Override
    public boolean canBlock() {
      return false;
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

  private final class Patient implements IoHandlerContext {
    private BooleanSupplier otherWork = () -> false;
    private long longestNanos;

    /** Asked when everything is ready for waiting: whoever wakes it up later is noticed. */
    @Override
    public boolean canBlock() {
      return tasks.isEmpty() && state == State.OPEN && !otherWork.getAsBoolean();
    }

    @Override
    public long delayNanos(long nowNanos) {
      return Math.min(longestNanos, DrivenLoop.this.delayNanos(nowNanos, longestNanos));
    }

    @Override
    public long deadlineNanos() {
      long latest = ticker().nanoTime() + longestNanos;
      long next = nextScheduledTaskDeadlineNanos();
      // Not Math.min: the clock may wrap around.
      return next == -1 || next - latest > 0 ? latest : next;
    }
  }

  // --- any thread

  /** Whoever runs it looks up from waiting. */
  public void wakeup() {
    handler.wakeup();
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return thread == runner;
  }

  @Override
  public void execute(Runnable task) {
    if (isTerminated()) {
      throw new RejectedExecutionException("the loop has ended");
    }
    tasks.offer(task);
    if (!inEventLoop()) {
      handler.wakeup();
    }
  }

  @Override
  public Future<IoRegistration> register(IoHandle handle) {
    Promise<IoRegistration> promise = newPromise();
    if (inEventLoop()) {
      register(handle, promise);
    } else {
      execute(() -> register(handle, promise));
    }
    return promise;
  }

  private void register(IoHandle handle, Promise<IoRegistration> promise) {
    try {
      promise.setSuccess(handler.register(handle));
    } catch (Exception e) {
      // Whatever it is, whoever waits for the registration is to hear of it.
      promise.setFailure(e);
    }
  }

  @Override
  @Deprecated
  public ChannelFuture register(Channel channel) {
    return register(channel, new DefaultChannelPromise(channel, this));
  }

  @Override
  @Deprecated
  public ChannelFuture register(ChannelPromise promise) {
    return register(promise.channel(), promise);
  }

  @Override
  @Deprecated
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    channel.unsafe().register(this, promise);
    return promise;
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return handler.isCompatible(handleType);
  }

  @Override
  public boolean isIoType(Class<? extends IoHandler> handlerType) {
    return handler.getClass().equals(handlerType);
  }

  @Override
  public IoEventLoop next() {
    return this;
  }

  @Override
  public @Nullable IoEventLoopGroup parent() {
    return null;
  }

  // --- the end

  /** One at a time: of two, the later one must not undo what the first one has led to. */
  @Override
  public synchronized Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    if (state == State.OPEN) {
      state = State.CLOSING;
      handler.wakeup();
    }
    return terminated;
  }

  @Override
  @Deprecated
  public void shutdown() {
    shutdownGracefully(0, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Future<?> terminationFuture() {
    return terminated;
  }

  @Override
  public boolean isShuttingDown() {
    return state != State.OPEN;
  }

  @Override
  public boolean isShutdown() {
    return state == State.TERMINATED;
  }

  @Override
  public boolean isTerminated() {
    return state == State.TERMINATED;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return terminated.await(timeout, unit);
  }
}
