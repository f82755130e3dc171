package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Registration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A candidate in an election in which leaders take turns: whoever is let in does its work, gives
 * the leadership back when the work is done, and queues up again. Curator's {@code LeaderSelector}
 * can stand in the same election.
 *
 * <pre>{@code
 * LeaderSelector selector =
 *     new LeaderSelector(client, "/elections/cleaner", "host-1",
 *         LeaderSelector.onThread(term -> {
 *           while (term.isHeld() && cleaner.hasMore()) {
 *             cleaner.cleanNext(term.token());
 *           }
 *         }));
 * selector.start();
 * }</pre>
 *
 * <p><b>Guarantee.</b> That of {@link Lock} for {@link Held#isHeld} of the term. When the term is
 * lost, work {@linkplain #onThread on a thread} is interrupted; in any case the candidate stands
 * again only when its work has ended, so that it never works twice at a time.
 *
 * <p><b>Fencing token.</b> The term's.
 *
 * <p>Thread-safe.
 */
public final class LeaderSelector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderSelector.class);

  /** After work that has failed: it would fail again at once, and nobody else had a chance. */
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

  private final ConclaveClient client;
  private final ContenderQueue queue;
  private final Work work;

  private volatile @Nullable Held term;

  /** Guarded by this object, as all that follows. */
  private @Nullable Acquisition standing;

  private @Nullable CompletableFuture<Void> working;
  private @Nullable CompletionStage<?> current;
  private boolean started;
  private boolean closed;

  /** What a leader does. */
  @FunctionalInterface
  public interface Work {
    /** Called on the client's thread; the term ends when the result completes. */
    CompletionStage<?> lead(Held term);
  }

  /** What a leader does, waiting as it likes. */
  @FunctionalInterface
  public interface BlockingWork {
    void lead(Held term) throws Exception;
  }

  /**
   * @param id what others see as the name of the leader
   */
  public LeaderSelector(ConclaveClient client, String path, String id, Work work) {
    this.client = client;
    this.queue = queue(path, id);
    this.work = work;
  }

  /** Curator's selector stands in line as for a lock. */
  private static ContenderQueue queue(String path, String id) {
    return ContenderQueue.oneAtATime(path, "lock-", id.getBytes(UTF_8));
  }

  /** Work on a thread of its own, which is interrupted when the term is lost or given up. */
  public static Work onThread(BlockingWork work) {
    return onThread(
        task -> {
          Thread thread = new Thread(task, "conclave-leader");
          thread.setDaemon(true);
          return thread;
        },
        work);
  }

  public static Work onThread(ThreadFactory threads, BlockingWork work) {
    return term -> {
      CompletableFuture<Void> done = new CompletableFuture<>();
      Thread thread =
          threads.newThread(
              () -> {
                try {
                  work.lead(term);
                  done.complete(null);
                } catch (Throwable e) {
                  // An Error too: the thread ends with it, and a future that never completes would
                  // leave the term to somebody who is not there.
                  done.completeExceptionally(e);
                }
              });
      thread.start();
      term.lost().thenAccept(loss -> thread.interrupt());
      return new Interruptible(done, thread);
    };
  }

  /** Cancelling it interrupts the thread; it completes when the thread is done nevertheless. */
  private static final class Interruptible extends CompletableFuture<Void> {
    private final Thread thread;

    Interruptible(CompletableFuture<Void> done, Thread thread) {
      this.thread = thread;
      done.whenComplete(
          (nothing, failure) -> {
            if (failure == null) {
              complete(null);
            } else {
              completeExceptionally(failure);
            }
          });
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      thread.interrupt();
      return false;
    }
  }

  /** Stands in the election from now on. Doing it again does nothing. */
  public synchronized void start() {
    if (!started) {
      started = true;
      stand();
    }
  }

  private synchronized void stand() {
    if (closed) {
      return;
    }
    Acquisition next = queue.acquire(client);
    standing = next;
    next.whenComplete(
        (held, failure) -> {
          if (held != null) {
            lead(held);
          } else if (!next.isCancelled()) {
            LOG.info(
                "stands no more at {}: {}",
                queue.path(),
                ConclaveException.causeOf(failure).toString());
          }
        });
  }

  private void lead(Held held) {
    CompletableFuture<Void> ending = new CompletableFuture<>();
    synchronized (this) {
      if (closed) {
        held.release();
        return;
      }
      working = ending;
      term = held;
    }
    CompletionStage<?> begun = begin(held);
    synchronized (this) {
      current = begun;
      if (closed) {
        begun.toCompletableFuture().cancel(true);
      }
    }
    begun.whenComplete((result, failure) -> ended(held, failure, ending));
  }

  private CompletionStage<?> begin(Held held) {
    try {
      return work.lead(held);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void ended(Held held, @Nullable Throwable failure, CompletableFuture<Void> ending) {
    boolean failed = failure != null && !held.lost().isDone() && !isClosed();
    if (failed) {
      LOG.warn("the leader's work at {} has failed", queue.path(), failure);
    }
    synchronized (this) {
      term = null;
      current = null;
    }
    held.release()
        .whenComplete(
            (released, problem) -> {
              ending.complete(null);
              standAgain(failed);
            });
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void standAgain(boolean afterFailure) {
    if (isClosed() || client.isEnded()) {
      return;
    }
    if (afterFailure) {
      client.schedule(this::stand, PAUSE_AFTER_FAILURE);
    } else {
      stand();
    }
  }

  /** Whether this candidate leads now, as far as anybody on this side can know. */
  public boolean isLeader() {
    Held now = term;
    return now != null && now.isHeld();
  }

  /** Who leads; empty when nobody does. */
  public CompletableFuture<Optional<Leader>> leader() {
    return candidates().thenApply(all -> all.stream().findFirst());
  }

  /** Everybody who stands, the leader first. */
  public CompletableFuture<List<Leader>> candidates() {
    return LeaderWatch.candidates(client, queue);
  }

  /**
   * Follows an election from outside: tells who leads and every change of that, on the client's
   * thread; empty while nobody does.
   */
  public static Registration observe(
      ConclaveClient client, String path, Consumer<Optional<Leader>> listener) {
    return LeaderWatch.follow(client, queue(path, ""), listener);
  }

  /**
   * Stands no more; work that is going on is cancelled, which interrupts it {@linkplain #onThread
   * on its thread}. Completes when it has ended and the leadership is given back.
   */
  public CompletableFuture<Void> resign() {
    Acquisition ending;
    CompletableFuture<Void> finishing;
    CompletionStage<?> going;
    synchronized (this) {
      closed = true;
      ending = standing;
      finishing = working;
      going = current;
    }
    if (ending == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (ending.cancel(false)) {
      return ending.left();
    }
    if (going != null) {
      going.toCompletableFuture().cancel(true);
    }
    if (finishing == null || finishing.isDone()) {
      return ending.handle((held, failure) -> held).thenCompose(LeaderSelector::release);
    }
    return finishing.copy();
  }

  private static CompletableFuture<Void> release(@Nullable Held held) {
    return held == null ? CompletableFuture.completedFuture(null) : held.release();
  }

  /** {@link #resign}, and waits for it. */
  @Override
  public void close() {
    Await.awaitElsewhere(client, resign());
  }
}
