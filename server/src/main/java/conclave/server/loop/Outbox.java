package conclave.server.loop;

import conclave.replica.Delivery;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way from the replica to one event loop: the replica offers, the event loop polls. So may
 * another thread that keeps the event loop's out meanwhile.
 *
 * <p>Unbounded, because the replica must never wait for an event loop: what is in it is bounded by
 * the requests in flight and by the watches that are set.
 */
public final class Outbox {
  private static final int CHUNK = 1024;

  /** Who passes on more than these by itself had better let the event loop do that beside it. */
  private static final int FEW = 8;

  private final Queue<Delivery> queue = new SpscUnboundedAtomicArrayQueue<>(CHUNK);

  /** Events for several clients at once that were ever offered, and polled; see the methods. */
  private final AtomicLong eventsOffered = new AtomicLong();

  private long eventsPolled;

  /** Offered since the last {@link #flush}; the replica's. */
  private int gathered;

  private final AtomicBoolean woken = new AtomicBoolean();
  private final Runnable wake;

  /**
   * @param wake called from the replica's thread when there is something to poll and the event loop
   *     may not know; must not block
   */
  public Outbox(Runnable wake) {
    this.wake = wake;
  }

  /**
   * Replica only. Not seen to by the event loop before {@link #flush}, though it may poll earlier.
   */
  public void offer(Delivery delivery) {
    if (delivery instanceof Delivery.Events) {
      // Before it is there, so that it is never polled before it is counted.
      eventsOffered.lazySet(eventsOffered.getPlain() + 1);
    }
    queue.offer(delivery);
    gathered++;
  }

  /** Replica only: makes sure that the event loop will look. */
  void flush() {
    if (!woken.get() && woken.compareAndSet(false, true)) {
      wake.run();
    }
    gathered = 0;
  }

  /** Replica only, in {@code wake}: whether it may as well pass on by itself what is there. */
  public boolean hasFew() {
    return gathered <= FEW;
  }

  /** Event loop only, first thing after it was woken: offers from now on wake it again. */
  public void awake() {
    woken.set(false);
  }

  /** Event loop only: what {@link #poll} would take. */
  public @Nullable Delivery peek() {
    return queue.peek();
  }

  /** Event loop only. */
  public @Nullable Delivery poll() {
    Delivery delivery = queue.poll();
    if (delivery instanceof Delivery.Events) {
      eventsPolled++;
    }
    return delivery;
  }

  /** Event loop only: whether one more event for several clients is on its way. */
  public boolean hasMoreEvents() {
    return eventsOffered.get() != eventsPolled;
  }

  public boolean isEmpty() {
    return queue.isEmpty();
  }
}
