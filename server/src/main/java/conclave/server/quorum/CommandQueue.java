package conclave.server.quorum;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way from the replica to the event loop, which is woken once for all that was put since it
 * looked last.
 */
final class CommandQueue {
  private static final int CHUNK = 1024;

  private final Queue<Command> queue = new SpscUnboundedAtomicArrayQueue<>(CHUNK);
  private final AtomicBoolean woken = new AtomicBoolean();
  private final Runnable wake;

  CommandQueue(Runnable wake) {
    this.wake = wake;
  }

  /** Replica only. */
  void offer(Command command) {
    queue.offer(command);
  }

  /** Replica only: the event loop will look, if there is anything. */
  void flush() {
    if (!woken.get() && !queue.isEmpty() && woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  /** Event loop only, before it polls: offers from now on wake it again. */
  void awake() {
    woken.set(false);
  }

  /** Event loop only. */
  @Nullable Command poll() {
    return queue.poll();
  }
}
