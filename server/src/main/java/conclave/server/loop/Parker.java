package conclave.server.loop;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread sleep until another has work for it, without a lock and without a system call
 * when it is awake.
 *
 * <p>The sleeper says that it will sleep and then looks once more; the waker puts its work down and
 * then looks whether anybody sleeps. With a full fence between the two steps on either side, one of
 * them always sees the other.
 */
final class Parker implements Waiting {
  private volatile @Nullable Thread sleeper;

  @Override
  public void begin() {}

  @Override
  public void look() {}

  @Override
  public void end() {}

  /** Sleeps for at most {@code nanos} unless there is work. Only ever called by one thread. */
  @Override
  public void park(BooleanSupplier hasWork, long nanos) {
    sleeper = Thread.currentThread();
    VarHandle.fullFence();
    if (!hasWork.getAsBoolean()) {
      LockSupport.parkNanos(this, nanos);
    }
    sleeper = null;
  }

  /** Called after work was put down. */
  @Override
  public void wake() {
    VarHandle.fullFence();
    Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
