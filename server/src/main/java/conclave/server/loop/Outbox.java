package conclave.server.loop;

import conclave.replica.Client;
import conclave.replica.Delivery;
import conclave.state.WatchEvent;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jctools.queues.atomic.SpscUnboundedAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way from the replica to one event loop: the replica offers, the event loop polls.
 *
 * <p>One event often has very many watchers, which come one after the other. They are gathered and
 * put in the queue together ({@link Told}), when something else follows or at {@link #seal}.
 *
 * <p>Unbounded, because the replica must never wait for an event loop: what is in it is bounded by
 * the requests in flight and by the watches that are set.
 */
public final class Outbox {
  private static final int CHUNK = 1024;

  /** What is put in the queue: something for one client, or one event for many. */
  private final Queue<Object> queue = new SpscUnboundedAtomicArrayQueue<>(CHUNK);

  private final AtomicBoolean woken = new AtomicBoolean();
  private final Runnable wake;

  /** The replica's: not in the queue yet. */
  private @Nullable Told gathering;

  /** Everybody on one event loop who is to learn of an event, in the order of telling. */
  public static final class Told {
    private static final int FIRST_ROOM = 4;

    private final WatchEvent event;
    private Client[] clients = new Client[FIRST_ROOM];
    private int count;

    private Told(WatchEvent event) {
      this.event = event;
    }

    private void add(Client client) {
      if (count == clients.length) {
        clients = Arrays.copyOf(clients, 2 * count);
      }
      clients[count++] = client;
    }

    public WatchEvent event() {
      return event;
    }

    /** Passes each of them to {@code action}. */
    public void forEach(Consumer<Client> action) {
      for (int i = 0; i < count; i++) {
        action.accept(clients[i]);
      }
    }
  }

  /**
   * @param wake called from the replica's thread when there is something to poll and the event loop
   *     may not know; must not block
   */
  public Outbox(Runnable wake) {
    this.wake = wake;
  }

  /**
   * Replica only. Not to be polled before {@link #seal}, though it may be; and not seen to by the
   * event loop before {@link #flush}.
   */
  @SuppressWarnings("ReferenceEquality") // all watchers of one change get the same instance
  public void offer(Delivery delivery) {
    Told told = gathering;
    if (delivery instanceof Delivery.Event event) {
      if (told == null || told.event != event.event()) {
        seal();
        told = new Told(event.event());
        gathering = told;
      }
      told.add(event.client());
    } else {
      seal();
      queue.offer(delivery);
    }
  }

  /** Replica only: all that was offered can be polled; before anybody sees what it tells of. */
  void seal() {
    Told told = gathering;
    if (told != null) {
      gathering = null;
      queue.offer(told);
    }
  }

  /** Replica only: makes sure that the event loop will look. */
  void flush() {
    seal();
    if (!queue.isEmpty() && !woken.get() && woken.compareAndSet(false, true)) {
      wake.run();
    }
  }

  /** Event loop only, first thing after it was woken: offers from now on wake it again. */
  public void awake() {
    woken.set(false);
  }

  /** Event loop only: a {@link Delivery} that is no event, or a {@link Told}. */
  public @Nullable Object poll() {
    return queue.poll();
  }

  public boolean isEmpty() {
    return queue.isEmpty();
  }
}
