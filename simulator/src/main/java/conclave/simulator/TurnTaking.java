package conclave.simulator;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.BooleanSupplier;

/**
 * The lock that a thread of its own takes for every piece that it writes of a snapshot. Nobody else
 * holds it, since there is but one thread; but time passes before it is had, and everything else
 * goes on in the meantime.
 */
final class TurnTaking implements Lock {

  /** What is being written is of no use any more. */
  static final class Abandoned extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final long LONGEST_US = 30 * World.MS;

  private final World world;
  private final SplittableRandom random;
  private final BooleanSupplier abandoned;

  TurnTaking(World world, SplittableRandom random, BooleanSupplier abandoned) {
    this.world = world;
    this.random = random;
    this.abandoned = abandoned;
  }

  @Override
  public void lock() {
    world.letPass(random.nextLong(LONGEST_US));
    if (abandoned.getAsBoolean()) {
      throw new Abandoned();
    }
  }

  @Override
  public void unlock() {}

  @Override
  public void lockInterruptibly() {
    lock();
  }

  @Override
  public boolean tryLock() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Condition newCondition() {
    throw new UnsupportedOperationException();
  }
}
