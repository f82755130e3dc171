package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A candidate in an election whose leader stays until it is closed or lost: the first that came
 * leads. Curator's {@code LeaderLatch} can stand in the same election.
 *
 * <pre>{@code
 * try (LeaderLatch latch = new LeaderLatch(client, "/elections/scheduler", "host-1")) {
 *   latch.start();
 *   Held term = latch.awaitLeadership();
 *   while (term.isHeld()) {
 *     runNextJob(term.token());
 *   }
 * }
 * }</pre>
 *
 * <p><b>Guarantee.</b> While {@link Held#isHeld} of a term is true nobody else leads, in the sense
 * of {@link Lock}: not while the session is SUSPENDED, and no more when it is LOST. A candidate
 * that has lost its session, or whose znode was deleted, stands again by itself, behind those who
 * wait.
 *
 * <p><b>Fencing token.</b> The term, which is greater for each later leader.
 *
 * <p>Each candidate watches the one before it only. Thread-safe.
 */
public final class LeaderLatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderLatch.class);

  private final ConclaveClient client;
  private final ContenderQueue queue;
  private final List<LeaderListener> listeners = new CopyOnWriteArrayList<>();

  /** Guarded by this object. */
  private final List<CompletableFuture<Held>> waiting = new ArrayList<>();

  private volatile @Nullable Held term;
  private boolean started;
  private boolean closed;
  private @Nullable Acquisition standing;

  /**
   * @param id what others see as the name of the leader
   */
  public LeaderLatch(ConclaveClient client, String path, String id) {
    this.client = client;
    this.queue = queue(path, id);
  }

  private static ContenderQueue queue(String path, String id) {
    return ContenderQueue.oneAtATime(path, "latch-", id.getBytes(UTF_8));
  }

  /** Stands in the election from now on. Doing it again does nothing. */
  public synchronized void start() {
    if (!started && !closed) {
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
    next.whenComplete(this::stoodFor);
  }

  private void stoodFor(@Nullable Held held, @Nullable Throwable failure) {
    List<CompletableFuture<Held>> told;
    synchronized (this) {
      told = List.copyOf(waiting);
      waiting.clear();
      if (held != null && !closed) {
        term = held;
      }
    }
    if (held == null) {
      Throwable cause = ConclaveException.causeOf(failure);
      told.forEach(one -> one.completeExceptionally(cause));
    } else if (term == held) {
      told.forEach(one -> one.complete(held));
      tell(listener -> listener.elected(held));
      held.lost().thenAccept(why -> deposed(held, why));
    }
  }

  private void deposed(Held held, Loss why) {
    term = null;
    tell(listener -> listener.deposed(held, why));
    if (why != Loss.CLIENT_ENDED) {
      stand();
    }
  }

  private void tell(Consumer<LeaderListener> news) {
    for (LeaderListener listener : listeners) {
      try {
        news.accept(listener);
      } catch (RuntimeException e) {
        LOG.error("a listener failed", e);
      }
    }
  }

  /** Tells of every term from now on, and at once of the one that there is. */
  public Registration onChange(LeaderListener listener) {
    client
        .executor()
        .execute(
            () -> {
              listeners.add(listener);
              Held current = term;
              if (current != null) {
                listener.elected(current);
              }
            });
    return () -> listeners.remove(listener);
  }

  /** Whether this candidate leads now, as far as anybody on this side can know. */
  public boolean isLeader() {
    Held current = term;
    return current != null && current.isHeld();
  }

  /** The term in which this candidate leads, though it may be suspended. */
  public Optional<Held> term() {
    return Optional.ofNullable(term);
  }

  /**
   * Completes when this candidate leads, now or next. Fails when it can't any more: the client has
   * come to its end, or the candidate is closed.
   */
  public synchronized CompletableFuture<Held> elected() {
    Held current = term;
    if (current != null) {
      return CompletableFuture.completedFuture(current);
    }
    CompletableFuture<Held> next = new CompletableFuture<>();
    CompletableFuture<Held> now = standing;
    if (closed || now != null && now.isCompletedExceptionally()) {
      next.completeExceptionally(new IllegalStateException("the candidate does not stand"));
    } else {
      waiting.add(next);
    }
    return next;
  }

  /** Waits until this candidate leads. */
  public Held awaitLeadership() throws InterruptedException {
    return Await.await(client, elected(), held -> {});
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

  /** Stands no more, and leads no more. Completes when its znode is certain to be gone. */
  public CompletableFuture<Void> resign() {
    Acquisition ending;
    List<CompletableFuture<Held>> told;
    synchronized (this) {
      closed = true;
      ending = standing;
      told = List.copyOf(waiting);
      waiting.clear();
    }
    told.forEach(
        one -> one.completeExceptionally(new IllegalStateException("the candidate was closed")));
    if (ending == null) {
      return CompletableFuture.completedFuture(null);
    }
    if (ending.cancel(false) || ending.isCompletedExceptionally()) {
      return ending.left();
    }
    term = null;
    return ending.thenCompose(Held::release);
  }

  /** {@link #resign}, and waits for it. */
  @Override
  public void close() {
    Await.awaitElsewhere(client, resign());
  }
}
