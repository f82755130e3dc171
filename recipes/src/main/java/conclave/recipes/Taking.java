package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes items out of a queue: whoever removes the znode has the item. As many as there are calls
 * that wait are taken in one transaction.
 *
 * <p>Belongs to the client's thread, but for what says otherwise.
 */
final class Taking {
  private static final Logger LOG = LoggerFactory.getLogger(Taking.class);
  private static final int MAX_BATCH = 50;
  private static final Duration RETRY_AFTER = Duration.ofMillis(50);

  private record Found(String name, int version, List<byte[]> items) {}

  private final ConclaveClient client;
  private final String path;
  private final Journal journal;
  private final LiveNames names;
  private final Function<byte @Nullable [], @Nullable List<byte[]>> decode;
  private final ToLongFunction<String> delayMs;
  private final UnaryOperator<String> rank;
  private final Deque<CompletableFuture<byte[]>> waiting = new ArrayDeque<>();

  /** Items that are taken and wait for somebody who wants them. */
  private final Deque<byte[]> inHand = new ArrayDeque<>();

  /** Znodes that have no item in them, which are left alone. */
  private final Set<String> foreign = new HashSet<>();

  private final Registration endListener;
  private boolean busy;
  private @Nullable Throwable ended;
  private @Nullable Registration wakeUp;

  /** How many items in a row others were faster with. */
  private int misses;

  /**
   * @param decode the items in a znode's data, null when there are none in it
   * @param delayMs for how long an item is not to be taken yet, by its name; at most 0 when it may
   * @param rank by an item's name, what no item of another rank may be taken before
   */
  Taking(
      ConclaveClient client,
      String path,
      Journal journal,
      Comparator<String> order,
      String prefix,
      Function<byte @Nullable [], @Nullable List<byte[]>> decode,
      ToLongFunction<String> delayMs,
      UnaryOperator<String> rank) {
    this.client = client;
    this.path = path;
    this.journal = journal;
    this.decode = decode;
    this.delayMs = delayMs;
    this.rank = rank;
    this.names =
        new LiveNames(client, path, order, name -> name.startsWith(prefix), this::takeNext);
    this.endListener = Trouble.onEnd(client, cause -> client.executor().execute(() -> end(cause)));
  }

  /** Waits for an item; from any thread. A call that is cancelled or times out costs no item. */
  CompletableFuture<byte[]> take() {
    CompletableFuture<byte[]> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          waiting.add(future);
          names.start();
          takeNext();
        });
    return future;
  }

  /** An item, if one comes within that time; from any thread. */
  CompletableFuture<Optional<byte[]>> poll(Duration atMost) {
    CompletableFuture<byte[]> taking = take();
    CompletableFuture<Optional<byte[]>> future =
        taking.thenApply(Optional::of).exceptionally(Taking::emptyIfCancelled);
    if (!future.isDone()) {
      Runnable giveUp = () -> taking.cancel(false);
      Trouble.onItsThread(
          client,
          future,
          () -> {
            Registration timer = client.schedule(giveUp, atMost);
            future.whenComplete((item, failure) -> timer.close());
          });
    }
    return future;
  }

  /**
   * An item, if there is one now; from any thread. What this client was told of by anybody before
   * the call, the server knows, and what the server knows when it is asked, is found.
   */
  CompletableFuture<Optional<byte[]>> poll() {
    CompletableFuture<byte[]> taking = take();
    CompletableFuture<Optional<byte[]>> future =
        taking.thenApply(Optional::of).exceptionally(Taking::emptyIfCancelled);
    upToDate().whenComplete((known, failure) -> giveUpWhenEmpty(taking, failure));
    return future;
  }

  private void giveUpWhenEmpty(CompletableFuture<byte[]> taking, @Nullable Throwable failure) {
    if (failure != null) {
      taking.completeExceptionally(ConclaveException.causeOf(failure));
    } else if (!taking.isDone() && !busy && choose(1).isEmpty()) {
      taking.cancel(false);
    } else if (!taking.isDone()) {
      // Something is being taken, for this call or for one before it.
      Trouble.later(client, Duration.ofMillis(1), () -> giveUpWhenEmpty(taking, null), taking);
    }
  }

  private static Optional<byte[]> emptyIfCancelled(Throwable failure) {
    Throwable cause = ConclaveException.causeOf(failure);
    if (cause instanceof CancellationException) {
      return Optional.empty();
    }
    throw new CompletionException(cause);
  }

  /** The first item, which stays; from any thread. */
  CompletableFuture<Optional<byte[]>> peek() {
    CompletableFuture<Optional<byte[]>> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          names.start();
          upToDate()
              .whenComplete(
                  (known, failure) -> {
                    if (failure != null) {
                      future.completeExceptionally(ConclaveException.causeOf(failure));
                    } else {
                      peekNext(future);
                    }
                  });
        });
    return future;
  }

  private void peekNext(CompletableFuture<Optional<byte[]>> future) {
    byte[] held = inHand.peekFirst();
    if (held != null) {
      future.complete(Optional.of(held));
      return;
    }
    List<String> first = choose(1);
    if (first.isEmpty()) {
      future.complete(Optional.empty());
      return;
    }
    String name = first.get(0);
    Trouble.untilAnswered(client, () -> find(name))
        .whenComplete(
            (found, failure) -> {
              if (failure != null) {
                future.completeExceptionally(ConclaveException.causeOf(failure));
              } else if (found.isPresent() && !found.get().items().isEmpty()) {
                future.complete(Optional.of(found.get().items().get(0)));
              } else {
                peekNext(future);
              }
            });
  }

  /** Completes on the client's thread when all that was there before is in the list. */
  private CompletableFuture<Void> upToDate() {
    CompletableFuture<Void> known = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        known,
        () ->
            names
                .start()
                .thenCompose(listed -> Trouble.untilAnswered(client, () -> client.sync(path)))
                .whenComplete(
                    (synced, failure) ->
                        client
                            .executor()
                            .execute(
                                () -> {
                                  if (failure == null) {
                                    known.complete(null);
                                  } else {
                                    known.completeExceptionally(ConclaveException.causeOf(failure));
                                  }
                                })));
    return known;
  }

  /** Stops; what is in hand and not wanted any more is answered, to be put back. */
  CompletableFuture<List<byte[]>> close() {
    CompletableFuture<List<byte[]>> left = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        left,
        () -> {
          end(new IllegalStateException("the queue is closed"));
          finishClosing(left);
        });
    return left;
  }

  private void finishClosing(CompletableFuture<List<byte[]>> left) {
    if (busy) {
      Trouble.later(client, Duration.ofMillis(5), () -> finishClosing(left), left);
      return;
    }
    left.complete(List.copyOf(inHand));
    inHand.clear();
  }

  private void end(Throwable cause) {
    if (ended != null) {
      return;
    }
    ended = cause;
    endListener.close();
    names.close();
    Registration timer = wakeUp;
    if (timer != null) {
      timer.close();
    }
    failAll(cause);
  }

  private void failAll(Throwable cause) {
    List<CompletableFuture<byte[]>> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(future -> future.completeExceptionally(cause));
  }

  /** Gives what is in hand to those who wait, and takes more when that was not enough. */
  private void takeNext() {
    handOut();
    Throwable over = ended;
    if (over != null) {
      failAll(over);
      return;
    }
    if (busy || waiting.isEmpty()) {
      return;
    }
    CompletableFuture<Void> listed = names.start();
    if (listed.isCompletedExceptionally()) {
      listed.whenComplete((none, failure) -> failAll(ConclaveException.causeOf(failure)));
      return;
    }
    if (!names.isListed()) {
      return;
    }
    List<String> chosen = choose(Math.min(waiting.size(), MAX_BATCH));
    if (!chosen.isEmpty()) {
      busy = true;
      read(chosen);
    }
  }

  private void handOut() {
    waiting.removeIf(CompletableFuture::isDone);
    while (!waiting.isEmpty() && !inHand.isEmpty()) {
      byte[] item = inHand.remove();
      if (!waiting.remove().complete(item)) {
        // Given up in this moment by another thread.
        inHand.addFirst(item);
      }
    }
  }

  /**
   * The first ones that may be taken. When others are faster again and again, it is because all try
   * to take the same: then some are passed over, but not for one that comes behind all of them.
   */
  private List<String> choose(int count) {
    int pass = misses == 0 ? 0 : client.runtime().random().nextInt(2 * Math.min(misses, 100) + 1);
    List<String> chosen = collect(count, pass);
    return chosen.isEmpty() && pass > 0 ? collect(count, 0) : chosen;
  }

  private List<String> collect(int count, int pass) {
    List<String> chosen = new ArrayList<>();
    int passed = 0;
    String first = null;
    for (String name : names.names()) {
      if (foreign.contains(name)) {
        continue;
      }
      long wait = delayMs.applyAsLong(name);
      if (wait > 0) {
        // They are sorted by it: so does everything behind it.
        wakeUpIn(wait);
        break;
      }
      if (pass > 0) {
        first = first == null ? rank.apply(name) : first;
        if (!rank.apply(name).equals(first)) {
          break;
        }
      }
      if (passed++ >= pass && chosen.size() < count) {
        chosen.add(name);
      }
      if (chosen.size() == count) {
        break;
      }
    }
    return chosen;
  }

  private void wakeUpIn(long ms) {
    Registration timer = wakeUp;
    if (timer != null) {
      timer.close();
    }
    wakeUp = client.schedule(this::takeNext, Duration.ofMillis(ms));
  }

  private void read(List<String> chosen) {
    Map<String, Found> found = new HashMap<>();
    List<CompletableFuture<Void>> reads = new ArrayList<>();
    for (String name : chosen) {
      reads.add(find(name).thenAccept(item -> item.ifPresent(it -> found.put(name, it))));
    }
    CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .whenComplete(
            (read, failure) -> {
              if (failure != null) {
                failedOrAgain(ConclaveException.causeOf(failure));
                return;
              }
              List<Found> present = new ArrayList<>();
              for (String name : chosen) {
                Found item = found.get(name);
                if (item != null) {
                  present.add(item);
                }
              }
              remove(present);
            });
  }

  /** Reads an item's znode; empty when it is gone or has no item in it. */
  private CompletableFuture<Optional<Found>> find(String name) {
    return client.getData(Paths.child(path, name)).thenApply(outcome -> found(name, outcome));
  }

  private Optional<Found> found(String name, Outcome<Node> outcome) {
    Node node = outcome.orNullIf(Refusal.NO_NODE);
    if (node == null) {
      names.remove(name);
      misses++;
      return Optional.empty();
    }
    List<byte[]> items = decode.apply(node.data());
    if (items == null) {
      LOG.warn("{} has no item of this queue in it and is left alone", Paths.child(path, name));
      foreign.add(name);
      return Optional.empty();
    }
    return Optional.of(new Found(name, node.stat().version(), items));
  }

  private void remove(List<Found> present) {
    if (present.isEmpty() || ended != null) {
      busy = false;
      takeNext();
      return;
    }
    journal
        .make(transaction -> present.forEach(item -> addRemoval(transaction, item)))
        .whenComplete((outcome, failure) -> wereRemoved(present, outcome, failure));
  }

  private void addRemoval(Transaction transaction, Found item) {
    transaction.delete(Paths.child(path, item.name()), item.version());
  }

  private void wereRemoved(
      List<Found> present, @Nullable TransactionOutcome outcome, @Nullable Throwable failure) {
    if (outcome instanceof TransactionOutcome.Committed) {
      misses = 0;
      busy = false;
      for (Found item : present) {
        names.remove(item.name());
        inHand.addAll(item.items());
      }
      takeNext();
    } else if (outcome instanceof TransactionOutcome.RolledBack refused) {
      // Another one was faster with one of them; the others are still there.
      Found lost = present.get(refused.index());
      misses++;
      if (refused.because(Refusal.NO_NODE)) {
        names.remove(lost.name());
      } else if (!refused.because(Refusal.BAD_VERSION)) {
        foreign.add(lost.name());
        LOG.warn("{} can't be taken: {}", refused.path(), refused.error());
      }
      List<Found> rest = new ArrayList<>(present);
      rest.remove(lost);
      remove(rest);
    } else {
      failedOrAgain(ConclaveException.causeOf(failure));
    }
  }

  private void failedOrAgain(Throwable cause) {
    busy = false;
    if (Trouble.isPassing(cause)) {
      client.schedule(this::takeNext, RETRY_AFTER);
    } else {
      failAll(cause);
    }
  }
}
