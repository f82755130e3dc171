package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Several locks held together: asked for one after the other, in the order given, and released the
 * other way round. Whoever shares some of the locks must name them in the same order, or both may
 * wait for ever.
 *
 * <pre>{@code
 * MultiLock both = new MultiLock(client, List.of(from, to));
 * try (Held held = both.lock()) {
 *   transfer(amount);
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> It is held while all are, each in the sense of {@link Lock}; it is lost with
 * the first that is lost. One that is lost while others are still waited for makes it begin again.
 * An acquisition that is cancelled or fails, also because one of the locks is refused, gives back
 * all that it had so far, as soon as the ensemble can be told; what a process had that died in the
 * middle goes with its session.
 *
 * <p><b>Fencing token.</b> That of the last lock, which among those who name the same locks in the
 * same order is greater for each later holder. Where sets of locks only overlap, {@link Locks#each}
 * has the token for each of them.
 *
 * <p>Thread-safe.
 */
public final class MultiLock {
  private final ConclaveClient client;
  private final List<Lock> locks;

  /**
   * @param locks all of the same client
   */
  public MultiLock(ConclaveClient client, List<Lock> locks) {
    if (locks.isEmpty()) {
      throw new IllegalArgumentException("no locks");
    }
    this.client = client;
    this.locks = List.copyOf(locks);
  }

  /** All of them. */
  public interface Locks extends Held {
    /** Each one's, in the order of the locks. */
    List<Held> each();
  }

  /** Asks for all and waits for them, until the future is cancelled. */
  public CompletableFuture<Locks> acquire() {
    CompletableFuture<Locks> result = new CompletableFuture<>();
    AtomicReference<CompletableFuture<Held>> waiting = new AtomicReference<>();
    next(List.of(), result, waiting);
    result.whenComplete(
        (locked, failure) -> {
          CompletableFuture<Held> current = waiting.get();
          if (result.isCancelled() && current != null) {
            current.cancel(false);
          }
        });
    return result;
  }

  private void next(
      List<Held> sofar,
      CompletableFuture<Locks> result,
      AtomicReference<CompletableFuture<Held>> waiting) {
    CompletableFuture<Held> acquiring = locks.get(sofar.size()).acquire();
    waiting.set(acquiring);
    acquiring.whenComplete(
        (held, failure) -> {
          List<Held> more = new ArrayList<>(sofar);
          if (held == null) {
            releaseAll(more);
            result.completeExceptionally(ConclaveException.causeOf(failure));
            return;
          }
          more.add(held);
          if (result.isDone()) {
            releaseAll(more);
          } else if (more.stream().anyMatch(each -> each.lost().isDone())) {
            releaseAll(more).whenComplete((gone, problem) -> next(List.of(), result, waiting));
          } else if (more.size() < locks.size()) {
            next(more, result, waiting);
          } else if (!result.complete(new Together(client, List.copyOf(more)))) {
            releaseAll(more);
          }
        });
    if (result.isCancelled()) {
      acquiring.cancel(false);
    }
  }

  /** Waits for all of them. An interrupt ends that, without a trace. */
  public Locks lock() throws InterruptedException {
    return Await.await(client, acquire(), Held::release);
  }

  private static CompletableFuture<Void> releaseAll(List<Held> held) {
    CompletableFuture<?>[] released = new CompletableFuture<?>[held.size()];
    for (int i = held.size() - 1; i >= 0; i--) {
      released[i] = held.get(i).release();
    }
    return CompletableFuture.allOf(released);
  }

  private record Together(ConclaveClient client, List<Held> each) implements Locks {
    @Override
    public long token() {
      return each.get(each.size() - 1).token();
    }

    @Override
    public boolean isHeld() {
      return each.stream().allMatch(Held::isHeld);
    }

    @Override
    public Duration certainFor() {
      return each.stream().map(Held::certainFor).min(Duration::compareTo).orElse(Duration.ZERO);
    }

    @Override
    public CompletableFuture<Loss> lost() {
      CompletableFuture<Loss> first = new CompletableFuture<>();
      for (Held one : each) {
        one.lost().thenAccept(first::complete);
      }
      return first;
    }

    @Override
    public CompletableFuture<Void> release() {
      return releaseAll(each);
    }

    @Override
    public void close() {
      Await.awaitElsewhere(client, release());
    }
  }
}
