package conclave.server.quorum;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * An event loop that the replica's thread runs between its batches. A thread of its own would cost
 * two wake-ups for every packet: one to hand it over, and one on the way back.
 */
public final class DrivenLoop extends ManualIoEventLoop {
  /** For tasks, among them pieces of snapshots, before the replica has its turn again. */
  private static final long TASKS_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private static final long LAST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final BooleanSupplier NOTHING = () -> false;

  private BooleanSupplier hasWork = NOTHING;

  DrivenLoop(IoHandlerFactory factory) {
    super(null, factory);
  }

  /** The calling thread is the one that will run it. */
  public void begin() {
    setOwningThread(Thread.currentThread());
  }

  /** Reads and writes what is ready. */
  public void look() {
    run(-1, TASKS_NANOS);
  }

  /** Reads and writes; waits for something to read or write while there is no other work. */
  public void look(BooleanSupplier otherWork, long nanos) {
    hasWork = otherWork;
    run(nanos, TASKS_NANOS);
    hasWork = NOTHING;
  }

  /** Goes on until somebody shuts it down. */
  public void end() {
    while (!isTerminated()) {
      run(LAST_WAIT_NANOS, TASKS_NANOS);
    }
  }

  /** Asked when everything is ready for waiting: whoever calls {@link #wakeup} later is noticed. */
  @Override
  protected boolean canBlock() {
    return !hasWork.getAsBoolean();
  }
}
