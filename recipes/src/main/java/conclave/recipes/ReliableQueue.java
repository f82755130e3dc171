package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.SessionEndedException;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue whose items are only removed when they have been dealt with: an item whose consumer dies
 * is given to another one.
 *
 * <pre>{@code
 * ReliableQueue queue = new ReliableQueue(client, "/mails", "/mails-locks");
 * queue.offer("to alice".getBytes(UTF_8)).join();
 * ReliableQueue.Delivery mail = queue.take().join();
 * send(mail.item()).join(); // nobody else is given it meanwhile
 * boolean removed = mail.done().join();
 * Registration worker = queue.consume(4, delivery -> send(delivery.item()));
 * queue.offer("to bob".getBytes(UTF_8)).join();
 * worker.close(); // what is in work is finished
 * queue.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Each item is dealt with at least once: it goes in the same step in which its
 * lock goes, when its consumer says {@link Delivery#done}, and until then comes back when the
 * consumer's session ends. So it is dealt with twice when a consumer loses its session after the
 * work and before it could say so, or goes on working after it has lost its session, which {@link
 * Delivery#isCertain} tells; work that must not be done twice carries the item's {@link
 * Delivery#name}, which no other item has, or the {@link Delivery#token}, which grows from one
 * consumer of an item to the next, to where it can be checked. A future of {@code done} that says
 * true is the proof that nobody else will be given the item. An {@link #offer} is done exactly
 * once, as {@link Queue} says.
 *
 * <p><b>Layout.</b> As Curator's DistributedQueue with a lock path, so both can use one queue:
 * persistent sequential children {@code queue-}, with the data as it writes it, and for each item
 * in work an ephemeral znode of the same name below the lock path.
 *
 * <p>The queue and the locks are listed once for each connection; a consumer is told of each item
 * and each lock by name. Thread-safe. Futures complete, and handlers are called, on the client's
 * thread.
 */
public final class ReliableQueue {
  private static final Logger LOG = LoggerFactory.getLogger(ReliableQueue.class);
  private static final int MAX_ATTEMPTS_AT_ONCE = 20;
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);

  private final ConclaveClient client;
  private final String path;
  private final String lockPath;
  private final Offers offers;
  private final Journal offerJournal;
  private final LiveNames items;
  private final LiveNames locks;
  private final Registration endListener;
  private final Deque<CompletableFuture<Delivery>> waiting = new ArrayDeque<>();

  /** Items that this object is trying to get, or has. */
  private final Set<String> inWork = new HashSet<>();

  /** Znodes that have no item in them, which are left alone. */
  private final Set<String> foreign = new HashSet<>();

  private int attempts;
  private int misses;
  private boolean started;
  private @Nullable Throwable ended;

  /** How an attempt to lock an item went. */
  private record Locked(ConclaveClient bound, String name, long token) {}

  /**
   * Prepares a queue.
   *
   * @param lockPath where consumers leave their locks: the same for all consumers
   */
  public ReliableQueue(ConclaveClient client, String path, String lockPath) {
    this.client = client;
    this.path = path;
    this.lockPath = lockPath;
    this.offerJournal = new Journal(client, path);
    this.offers = new Offers(client, path, offerJournal);
    Comparator<String> order = Comparator.naturalOrder();
    this.items =
        new LiveNames(
            client, path, order, name -> name.startsWith(ItemCodec.PREFIX), this::takeNext);
    this.locks = new LiveNames(client, lockPath, order, name -> true, this::takeNext);
    this.endListener = Trouble.onEnd(client, cause -> client.executor().execute(() -> end(cause)));
  }

  /** An item that is in the hands of one consumer. */
  public final class Delivery {
    private final Locked locked;
    private final List<byte[]> all;
    private @Nullable CompletableFuture<Boolean> settled;

    private Delivery(Locked locked, List<byte[]> all) {
      this.locked = locked;
      this.all = all;
    }

    /** The item. */
    public byte[] item() {
      if (all.size() != 1) {
        throw new IllegalStateException(
            name() + " has " + all.size() + " items, which Curator's putMulti makes: use items()");
      }
      return all.get(0);
    }

    /** The item, or all of them where Curator has put several into one znode. */
    public List<byte[]> items() {
      return all;
    }

    /** The name of the item's znode, which no other item of this queue ever has. */
    public String name() {
      return locked.name();
    }

    /** A number that is greater for whoever is given this item later. */
    public long token() {
      return locked.token();
    }

    /** Whether it is certain, at this moment, that nobody else has been given the item. */
    public boolean isCertain() {
      return locked.bound().certainFor().compareTo(Duration.ZERO) > 0;
    }

    /**
     * Removes the item.
     *
     * @return false when the session ended first: then it comes back, here or elsewhere, or is gone
     */
    public CompletableFuture<Boolean> done() {
      return settle(transaction -> transaction);
    }

    /** Gives the item back for now; the next one that asks has it. */
    public CompletableFuture<Boolean> release() {
      return once(() -> unlock(locked).handle((gone, failure) -> failure == null));
    }

    /** Gives the item back, at the end of the queue, where it has another name. */
    public CompletableFuture<Boolean> requeue() {
      String prefix = Paths.child(path, ItemCodec.PREFIX);
      return Trouble.untilAnswered(client, () -> client.getData(Paths.child(path, name())))
          .thenCompose(
              outcome -> {
                byte[] data = outcome.value().map(Node::data).orElse(null);
                return settle(
                    transaction ->
                        transaction.create(prefix, data, CreateMode.PERSISTENT_SEQUENTIAL));
              });
    }

    private CompletableFuture<Boolean> settle(Function<Transaction, Transaction> more) {
      return once(() -> remove(locked, more, false));
    }

    private synchronized CompletableFuture<Boolean> once(Supplier<CompletableFuture<Boolean>> how) {
      CompletableFuture<Boolean> before = settled;
      if (before != null) {
        return before;
      }
      CompletableFuture<Boolean> now = how.get();
      settled = now;
      now.whenComplete((done, failure) -> client.executor().execute(() -> settled(locked)));
      return now;
    }
  }

  /** Adds an item at the end; completes when it is there. */
  public CompletableFuture<Void> offer(byte[] item) {
    return offers.add(ItemCodec.PREFIX, ItemCodec.encode(item));
  }

  /** Waits for an item that nobody else has in work, as long as it takes, or until cancelled. */
  public CompletableFuture<Delivery> take() {
    CompletableFuture<Delivery> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          waiting.add(future);
          start();
          takeNext();
        });
    return future;
  }

  /** {@link #take} for code that rather waits. */
  public Delivery takeBlocking() throws InterruptedException {
    return Waiting.forResult(take());
  }

  /**
   * Deals with one item after the other: what the handler has dealt with is done, what it fails
   * with goes back to the end of the queue.
   *
   * @param atOnce how many may be in work at a time
   * @param handler must not block
   * @return closing it ends the taking; what is in work is finished
   */
  public Registration consume(
      int atOnce, Function<Delivery, ? extends CompletionStage<?>> handler) {
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < atOnce; i++) {
      Worker worker = new Worker(handler);
      workers.add(worker);
      worker.next();
    }
    return () -> workers.forEach(Worker::stop);
  }

  /** Takes one item at a time. */
  private final class Worker {
    private final Function<Delivery, ? extends CompletionStage<?>> handler;
    private volatile boolean stopped;
    private volatile CompletableFuture<Delivery> taking = new CompletableFuture<>();

    Worker(Function<Delivery, ? extends CompletionStage<?>> handler) {
      this.handler = handler;
    }

    void next() {
      CompletableFuture<Delivery> mine = take();
      taking = mine;
      if (stopped) {
        mine.cancel(false);
      }
      mine.whenComplete(
          (delivery, failure) -> {
            if (failure == null) {
              handle(delivery);
            } else if (!stopped && !client.isEnded()) {
              LOG.warn("a worker of {} has ended", path, ConclaveException.causeOf(failure));
            }
          });
    }

    private void handle(Delivery delivery) {
      CompletionStage<?> work;
      try {
        work = handler.apply(delivery);
      } catch (RuntimeException mistake) {
        work = CompletableFuture.failedFuture(mistake);
      }
      work.whenComplete(
          (result, failure) -> {
            if (failure == null) {
              delivery.done().whenComplete((done, trouble) -> goOn(Duration.ZERO));
            } else {
              LOG.warn("{} of {} goes back: the handler failed", delivery.name(), path, failure);
              // What fails at once must not keep the server busy.
              delivery.requeue().whenComplete((back, trouble) -> goOn(RETRY_AFTER));
            }
          });
    }

    private void goOn(Duration pause) {
      if (!stopped) {
        Trouble.later(client, pause, this::next, new CompletableFuture<>());
      }
    }

    void stop() {
      stopped = true;
      taking.cancel(false);
    }
  }

  /**
   * Ends the taking: calls that wait for an item fail. Items in work stay with their consumers
   * until these are done with them or the client is closed.
   */
  public CompletableFuture<Void> close() {
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        closed,
        () -> {
          end(new IllegalStateException("the queue is closed"));
          offerJournal.close().whenComplete((done, failure) -> closed.complete(null));
        });
    return closed;
  }

  private void end(Throwable cause) {
    if (ended != null) {
      return;
    }
    ended = cause;
    endListener.close();
    items.close();
    locks.close();
    failAll(cause);
  }

  private void failAll(Throwable cause) {
    List<CompletableFuture<Delivery>> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(future -> future.completeExceptionally(cause));
  }

  private void start() {
    if (!started) {
      started = true;
      Trouble.untilAnswered(
              client,
              () -> client.ensurePath(lockPath).thenCompose(made -> client.ensurePath(path)))
          .whenComplete(
              (made, failure) -> {
                if (failure == null) {
                  items.start().whenComplete(this::listed);
                  locks.start().whenComplete(this::listed);
                } else {
                  started = false;
                  failAll(ConclaveException.causeOf(failure));
                }
              });
    }
  }

  private void listed(@Nullable Void listed, @Nullable Throwable failure) {
    if (failure != null) {
      client.executor().execute(() -> end(ConclaveException.causeOf(failure)));
    }
  }

  private void takeNext() {
    waiting.removeIf(CompletableFuture::isDone);
    Throwable over = ended;
    if (over != null) {
      failAll(over);
      return;
    }
    if (client.isEnded()) {
      // Every attempt would fail on the spot, and the next one too; those who wait are told of the
      // end as soon as the session is over.
      return;
    }
    if (!items.isListed() || !locks.isListed()) {
      return;
    }
    while (attempts < Math.min(waiting.size(), MAX_ATTEMPTS_AT_ONCE)) {
      Optional<String> name = choose();
      if (name.isEmpty()) {
        return;
      }
      attempts++;
      inWork.add(name.get());
      attempt(client.inThisSession(), name.get());
    }
  }

  /** The first free item; one a little behind it when others are faster again and again. */
  private Optional<String> choose() {
    int pass = misses == 0 ? 0 : client.runtime().random().nextInt(2 * Math.min(misses, 100) + 1);
    String chosen = null;
    for (String name : items.names()) {
      if (locks.names().contains(name) || inWork.contains(name) || foreign.contains(name)) {
        continue;
      }
      chosen = name;
      if (pass-- <= 0) {
        break;
      }
    }
    return Optional.ofNullable(chosen);
  }

  private void attempt(ConclaveClient bound, String name) {
    byte[] mark = client.runtime().newUuid().toString().getBytes(StandardCharsets.UTF_8);
    lock(bound, name, mark, false)
        .thenCompose(token -> token.isEmpty() ? lost() : read(bound, name, token.get()))
        .whenComplete(
            (delivery, failure) ->
                client.executor().execute(() -> attempted(name, delivery, failure)));
  }

  private static CompletableFuture<Optional<Delivery>> lost() {
    return CompletableFuture.completedFuture(Optional.empty());
  }

  /** The lock's token; empty when somebody else has it. */
  private CompletableFuture<Optional<Long>> lock(
      ConclaveClient bound, String name, byte[] mark, boolean again) {
    String lock = Paths.child(lockPath, name);
    return bound
        .create(lock, mark, CreateMode.EPHEMERAL)
        .handle((outcome, failure) -> locked(bound, name, mark, again, outcome, failure))
        .thenCompose(next -> next);
  }

  private CompletableFuture<Optional<Long>> locked(
      ConclaveClient bound,
      String name,
      byte[] mark,
      boolean again,
      @Nullable Outcome<Created> outcome,
      @Nullable Throwable failure) {
    if (outcome == null) {
      Throwable cause = ConclaveException.causeOf(failure);
      return Trouble.isPassing(cause)
          ? lock(bound, name, mark, true)
          : CompletableFuture.failedFuture(cause);
    }
    if (outcome.was(Refusal.NO_NODE)) {
      return bound.ensurePath(lockPath).thenCompose(made -> lock(bound, name, mark, again));
    }
    Created made = outcome.orNullIf(Refusal.NODE_EXISTS);
    if (made != null) {
      return CompletableFuture.completedFuture(Optional.of(made.stat().czxid()));
    }
    if (!again) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    // The lock may be of the attempt whose answer was lost: its mark tells.
    return Trouble.untilAnswered(bound, () -> bound.getData(Paths.child(lockPath, name)))
        .thenApply(
            found ->
                found
                    .value()
                    .filter(node -> Arrays.equals(node.data(), mark))
                    .map(node -> node.stat().czxid()));
  }

  private CompletableFuture<Optional<Delivery>> read(
      ConclaveClient bound, String name, long token) {
    Locked locked = new Locked(bound, name, token);
    return Trouble.untilAnswered(bound, () -> bound.getData(Paths.child(path, name)))
        .thenCompose(
            outcome -> {
              Node node = outcome.orNullIf(Refusal.NO_NODE);
              List<byte[]> content = node == null ? null : ItemCodec.decode(node.data());
              if (content != null) {
                return CompletableFuture.completedFuture(
                    Optional.of(new Delivery(locked, content)));
              }
              if (node != null) {
                LOG.warn(
                    "{} has no item of this queue in it and is left alone",
                    Paths.child(path, name));
                foreign.add(name);
              }
              items.remove(name);
              return unlock(locked).thenCompose(gone -> lost());
            });
  }

  private void attempted(
      String name, @Nullable Optional<Delivery> result, @Nullable Throwable failure) {
    attempts--;
    if (result == null) {
      inWork.remove(name);
      Throwable cause = ConclaveException.causeOf(failure);
      boolean sessionOnly =
          cause instanceof SessionEndedException && ended == null && waiting.size() > 0;
      if (sessionOnly || Trouble.isPassing(cause)) {
        // The lock has gone with its session, if there was one.
        Trouble.later(client, RETRY_AFTER, this::takeNext, new CompletableFuture<>());
      } else {
        failAll(cause);
      }
      return;
    }
    if (result.isEmpty()) {
      misses++;
      inWork.remove(name);
      // The event of the other one's lock came before this refusal did: the name is not free.
      takeNext();
      return;
    }
    misses = 0;
    handOut(result.get());
    takeNext();
  }

  private void handOut(Delivery delivery) {
    while (!waiting.isEmpty()) {
      if (waiting.remove().complete(delivery)) {
        return;
      }
    }
    delivery.release();
  }

  private void settled(Locked locked) {
    inWork.remove(locked.name());
    takeNext();
  }

  private CompletableFuture<Void> unlock(Locked locked) {
    return locked.bound().deleteSurely(Paths.child(lockPath, locked.name()));
  }

  /**
   * Removes the item and the lock in one step.
   *
   * @param again whether the answer to an attempt before this one was lost
   */
  private CompletableFuture<Boolean> remove(
      Locked locked, Function<Transaction, Transaction> more, boolean again) {
    String lock = Paths.child(lockPath, locked.name());
    Transaction transaction =
        locked
            .bound()
            .transaction()
            .delete(lock, ConclaveClient.ANY_VERSION)
            .delete(Paths.child(path, locked.name()), ConclaveClient.ANY_VERSION);
    return more.apply(transaction)
        .commit()
        .handle(
            (outcome, failure) -> {
              if (outcome instanceof TransactionOutcome.Committed) {
                items.remove(locked.name());
                return CompletableFuture.completedFuture(true);
              }
              if (outcome instanceof TransactionOutcome.RolledBack refused) {
                return refused(locked, again, refused);
              }
              Throwable cause = ConclaveException.causeOf(failure);
              if (Trouble.isPassing(cause)) {
                return remove(locked, more, true);
              }
              return cause instanceof SessionEndedException
                  ? CompletableFuture.completedFuture(false)
                  : CompletableFuture.<Boolean>failedFuture(cause);
            })
        .thenCompose(next -> next);
  }

  private CompletableFuture<Boolean> refused(
      Locked locked, boolean again, TransactionOutcome.RolledBack refused) {
    if (refused.index() == 0) {
      // In its session nobody else removes the lock: it went with the item, before the answer was
      // lost. Otherwise somebody has broken it.
      return CompletableFuture.completedFuture(again);
    }
    // Somebody without a lock has removed the item.
    return unlock(locked).thenApply(gone -> false);
  }
}
