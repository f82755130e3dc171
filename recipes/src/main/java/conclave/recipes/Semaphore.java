package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.protocol.Paths;
import conclave.recipes.ContenderQueue.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A number of leases that are handed out in the order of asking. Curator's {@code
 * InterProcessSemaphoreV2} can contend for the same ones. All clients must agree on the number.
 *
 * <pre>{@code
 * Semaphore licences = new Semaphore(client, "/semaphores/licences", 5);
 * try (Held lease = licences.lock()) {
 *   work();
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> No more than so many leases are held at a time, in the sense of {@link
 * Held#isHeld}. A lease ends with the session that it was given in.
 *
 * <p><b>Fencing token.</b> Tells leases apart, and is greater than that of every lease that was
 * given before. Several are held together, so a smaller one is not an older one; what must not be
 * used by more than so many can keep the greatest so many.
 *
 * <p>Those who wait queue up for a lock, and only its holder watches the leases: the end of a lease
 * wakes one. Thread-safe.
 */
public final class Semaphore {
  private final ConclaveClient client;
  private final ContenderQueue gate;
  private final ContenderQueue leases;

  /**
   * @param path of a znode with two children, {@code locks} and {@code leases}
   * @param count how many leases there are
   */
  public Semaphore(ConclaveClient client, String path, int count) {
    this(client, path, count, null);
  }

  /**
   * The same.
   *
   * @param data what the znodes of this client's leases hold
   */
  public Semaphore(ConclaveClient client, String path, int count, byte @Nullable [] data) {
    if (count <= 0) {
      throw new IllegalArgumentException("count=" + count + ", but 1 is the least");
    }
    this.client = client;
    this.gate = ContenderQueue.oneAtATime(Paths.child(path, "locks"), "lock-", null);
    this.leases =
        new ContenderQueue(
            Paths.child(path, "leases"),
            "lease-",
            List.of("lease-"),
            (contenders, own) -> own < count ? Verdict.GO : Verdict.ANY_CHANGE,
            data);
  }

  /** Asks for a lease and waits for it, like {@link Lock#acquire}. */
  public CompletableFuture<Held> acquire() {
    return Acquisition.start(client, () -> new LeaseAttempt(true).begin());
  }

  /** Asks for a lease and waits for it for a limited time, like {@link Lock#tryAcquire}. */
  public CompletableFuture<Optional<Held>> tryAcquire(Duration within) {
    boolean waits = !within.isZero();
    return Acquisition.startWithin(client, () -> new LeaseAttempt(waits).begin(), within);
  }

  /** Waits for a lease. An interrupt ends that, without a trace. */
  public Held lock() throws InterruptedException {
    return Await.await(client, acquire(), Held::release);
  }

  /** Waits for a lease for a limited time. */
  public Optional<Held> tryLock(Duration within) throws InterruptedException {
    return Await.await(client, tryAcquire(within), held -> held.ifPresent(Held::release));
  }

  /** First through the gate, then for a lease; the gate stays closed for others until then. */
  private final class LeaseAttempt implements Attempt {
    private final boolean waits;
    private final ConclaveClient session = Await.inOneSession(client);
    private final CompletableFuture<Held> granted = new CompletableFuture<>();
    private final Place atGate;
    private @Nullable Place lease;

    LeaseAttempt(boolean waits) {
      this.waits = waits;
      this.atGate = new Place(session, gate, waits);
    }

    LeaseAttempt begin() {
      atGate.enter().granted().whenComplete((held, failure) -> throughGate(held, failure));
      return this;
    }

    private void throughGate(@Nullable Held held, @Nullable Throwable failure) {
      if (held == null) {
        granted.completeExceptionally(ConclaveException.causeOf(failure));
        return;
      }
      Place next = new Place(session, leases, waits);
      lease = next;
      next.enter().granted().whenComplete((given, refusal) -> leased(given, refusal));
    }

    private void leased(@Nullable Held given, @Nullable Throwable failure) {
      atGate.leave();
      if (given == null) {
        granted.completeExceptionally(ConclaveException.causeOf(failure));
      } else if (!granted.complete(given)) {
        given.release();
      }
    }

    @Override
    public CompletableFuture<Held> granted() {
      return granted;
    }

    @Override
    public CompletableFuture<Void> leave() {
      Place waiting = lease;
      CompletableFuture<Void> left = atGate.leave();
      return waiting == null ? left : CompletableFuture.allOf(left, waiting.leave());
    }
  }
}
