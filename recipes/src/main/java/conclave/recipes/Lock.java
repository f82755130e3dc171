package conclave.recipes;

import conclave.client.ConclaveClient;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A lock that one holder at a time has among all clients of the ensemble, in the order in which
 * they asked. Curator's {@code InterProcessMutex} can contend for the same one.
 *
 * <pre>{@code
 * Lock lock = new Lock(client, "/locks/billing");
 * try (Held held = lock.lock()) {
 *   storage.write(invoice, held.token());
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> While {@link Held#isHeld} is true nobody else has the lock, as long as
 * clocks run at the same speed and nobody deletes the znode. A holder whose session is lost has
 * lost the lock, and learns of it by {@link Held#lost}, by its own clock also without a connection.
 * One who loses the session while waiting queues up again, at the end. Not reentrant: {@link
 * ReentrantLock} is.
 *
 * <p><b>Fencing token.</b> Greater for each holder than for all before. What must not be touched by
 * a holder that has stood still too long should remember the greatest token that it has seen and
 * refuse smaller ones.
 *
 * <p>An acquisition that is cancelled, or whose time is over, leaves neither znode nor watch
 * behind, as soon as the ensemble can be told; the release of the lock wakes only the next one in
 * the queue. Thread-safe; one object does for any number of acquisitions.
 */
public final class Lock {
  private static final String NAME = "lock-";

  private final ConclaveClient client;
  private final ContenderQueue queue;

  /** The lock at a path, whose container comes into being and goes as it is needed. */
  public Lock(ConclaveClient client, String path) {
    this(client, path, null);
  }

  /**
   * The same.
   *
   * @param data what the znodes of this client hold; others can read there who has the lock
   */
  public Lock(ConclaveClient client, String path, byte @Nullable [] data) {
    this(client, ContenderQueue.oneAtATime(path, NAME, data));
  }

  Lock(ConclaveClient client, ContenderQueue queue) {
    this.client = client;
    this.queue = queue;
  }

  ContenderQueue queue() {
    return queue;
  }

  /**
   * Asks for the lock and waits for it, through lost connections and sessions, until the future is
   * cancelled. Fails with a {@link conclave.client.SessionEndedException} when the client has come
   * to its end.
   */
  public CompletableFuture<Held> acquire() {
    return queue.acquire(client);
  }

  /**
   * Asks for the lock and waits for it for a limited time; empty when that was not enough. With
   * zero it is taken if nobody has it or waits for it.
   */
  public CompletableFuture<Optional<Held>> tryAcquire(Duration within) {
    return queue.tryAcquire(client, within);
  }

  /** Waits for the lock. An interrupt ends that, without a trace. */
  public Held lock() throws InterruptedException {
    return Await.await(client, acquire(), Held::release);
  }

  /** Waits for the lock for a limited time, like {@link #tryAcquire}. */
  public Optional<Held> tryLock(Duration within) throws InterruptedException {
    return Await.await(client, tryAcquire(within), held -> held.ifPresent(Held::release));
  }
}
