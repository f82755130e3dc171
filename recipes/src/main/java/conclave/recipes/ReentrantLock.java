package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A {@link Lock} that its owner may ask for again while holding it: it is free when it was released
 * as often as it was given. The owner is any object, or the thread for the blocking form; among
 * other clients, and among other objects of this class, it is a lock like any other.
 *
 * <p><b>Guarantee</b> and <b>fencing token</b> are those of {@link Lock}. To ask again says nothing
 * about the session: who was let in once gets the same lock and the same token, and it may be
 * suspended; only when it is lost does the owner queue up anew.
 *
 * <p>Thread-safe.
 */
public final class ReentrantLock {
  private final ConclaveClient client;
  private final Lock lock;
  private final Map<Object, Ownership> owners = new HashMap<>();

  public ReentrantLock(ConclaveClient client, String path) {
    this.client = client;
    this.lock = new Lock(client, path);
  }

  /** What one owner has, or waits for, and how often. Guarded by {@link #owners}. */
  private static final class Ownership {
    private final CompletableFuture<Held> acquiring;
    private int times;

    Ownership(CompletableFuture<Held> acquiring) {
      this.acquiring = acquiring;
    }

    boolean isOver() {
      return acquiring.isDone()
          && (acquiring.isCompletedExceptionally() || acquiring.join().lost().isDone());
    }
  }

  /** Asks for the lock in the name of an owner, like {@link Lock#acquire}. */
  public CompletableFuture<Held> acquire(Object owner) {
    Ownership ownership;
    synchronized (owners) {
      ownership = owners.get(owner);
      if (ownership == null || ownership.isOver()) {
        ownership = new Ownership(lock.acquire());
        owners.put(owner, ownership);
      }
      ownership.times++;
    }
    Ownership its = ownership;
    CompletableFuture<Held> result = new CompletableFuture<>();
    result.whenComplete(
        (held, failure) -> {
          if (held == null) {
            giveBack(owner, its);
          }
        });
    its.acquiring.whenComplete(
        (held, failure) -> {
          if (held == null) {
            result.completeExceptionally(ConclaveException.causeOf(failure));
          } else {
            result.complete(new Share(client, held, () -> giveBack(owner, its)));
          }
        });
    return result;
  }

  /** Waits for the lock in the name of the calling thread. An interrupt ends that. */
  public Held lock() throws InterruptedException {
    return Await.await(client, acquire(Thread.currentThread()), Held::release);
  }

  private CompletableFuture<Void> giveBack(Object owner, Ownership ownership) {
    synchronized (owners) {
      if (--ownership.times > 0) {
        return CompletableFuture.completedFuture(null);
      }
      owners.remove(owner, ownership);
    }
    if (ownership.acquiring.cancel(false) || ownership.acquiring.isCompletedExceptionally()) {
      return CompletableFuture.completedFuture(null);
    }
    return ownership.acquiring.thenCompose(Held::release);
  }

  /** Gives back what one call of acquire has given. */
  @FunctionalInterface
  private interface GiveBack {
    CompletableFuture<Void> run();
  }

  private static final class Share implements Held {
    private final ConclaveClient client;
    private final Held held;
    private final GiveBack giveBack;
    private final AtomicBoolean released = new AtomicBoolean();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    Share(ConclaveClient client, Held held, GiveBack giveBack) {
      this.client = client;
      this.held = held;
      this.giveBack = giveBack;
    }

    @Override
    public long token() {
      return held.token();
    }

    @Override
    public boolean isHeld() {
      return !released.get() && held.isHeld();
    }

    @Override
    public Duration certainFor() {
      return released.get() ? Duration.ZERO : held.certainFor();
    }

    @Override
    public CompletableFuture<Loss> lost() {
      return held.lost();
    }

    @Override
    public CompletableFuture<Void> release() {
      if (released.compareAndSet(false, true)) {
        giveBack
            .run()
            .whenComplete(
                (done, failure) -> {
                  if (failure == null) {
                    gone.complete(null);
                  } else {
                    gone.completeExceptionally(ConclaveException.causeOf(failure));
                  }
                });
      }
      return gone.copy();
    }

    @Override
    public void close() {
      Await.awaitElsewhere(client, release());
    }
  }
}
