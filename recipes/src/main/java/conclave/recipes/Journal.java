package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes changes one after the other, each exactly once, through lost connections and sessions.
 *
 * <p>A change whose answer is lost may or may not have been done, and a znode without a mark of its
 * maker, such as those that Curator's queues and counters have, does not tell. So every change is a
 * transaction that also writes its number into a znode of this journal. When an answer is lost, the
 * journal is read: either it has the number, or it is given another content on the condition that
 * it has not changed, after which the transaction, wherever it may still be on its way, can't
 * happen any more. Then it is sent again.
 *
 * <p>A journal belongs to one object in one process. It is a persistent znode, since it has to
 * outlive the session; a process that is killed leaves it behind, and the next one that begins a
 * journal beside it removes it when it has not been written for a day.
 */
final class Journal {
  private static final Duration STALE_AFTER = Duration.ofDays(1);

  /** A server breaks the connection of a request that is too large for it, each time. */
  private static final int MAX_ATTEMPTS = 5;

  private record Change(Consumer<Transaction> ops, CompletableFuture<TransactionOutcome> future) {}

  private final ConclaveClient client;
  private final Duration staleAfter;
  private final String directory;
  private final String path;
  private final Deque<Change> waiting = new ArrayDeque<>();
  private @Nullable Change current;
  private boolean exists;
  private boolean closed;

  /** The number of the change that is being made. */
  private long number;

  /** How often it was tried. */
  private int attempts;

  /** Why the answer to the last attempt is not known. */
  private @Nullable Throwable trouble;

  /** The version of the journal's znode before that change. */
  private int version;

  /**
   * @param subject what is changed; the journals are beside it, in a znode of its name and {@code
   *     .journal}
   */
  Journal(ConclaveClient client, String subject) {
    this(client, subject, STALE_AFTER);
  }

  /** The same; {@code staleAfter} is when a journal that is not written is taken for abandoned. */
  Journal(ConclaveClient client, String subject, Duration staleAfter) {
    if (subject.equals(Paths.ROOT)) {
      throw new IllegalArgumentException("the root has no room beside it for a journal");
    }
    this.client = client;
    this.staleAfter = staleAfter;
    this.directory = subject + ".journal";
    this.path = Paths.child(directory, client.runtime().newUuid().toString());
  }

  /**
   * Makes a change when those before it are made.
   *
   * @param ops adds the change's operations to a transaction; called for each attempt
   * @return what became of it, for certain; committed without results when the answer was lost. A
   *     failure with an {@link IllegalStateException} whose cause is a lost connection means that
   *     it is not done.
   */
  CompletableFuture<TransactionOutcome> make(Consumer<Transaction> ops) {
    CompletableFuture<TransactionOutcome> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          waiting.add(new Change(ops, future));
          next();
        });
    return future;
  }

  /** Removes the journal, if the client is still there to do it; not to be written again. */
  CompletableFuture<Void> close() {
    CompletableFuture<Void> removed = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        removed,
        () -> {
          closed = true;
          if (!exists || current != null) {
            // What is being made needs it; it is removed as stale.
            removed.complete(null);
            return;
          }
          client
              .delete(path, ConclaveClient.ANY_VERSION)
              .whenComplete((outcome, failure) -> removed.complete(null));
        });
    return removed;
  }

  private void next() {
    if (current != null || waiting.isEmpty()) {
      return;
    }
    current = waiting.remove();
    number++;
    attempts = 0;
    attempt(current);
  }

  private void attempt(Change change) {
    if (!exists) {
      begin().whenComplete((begun, failure) -> onThread(() -> begun(change, failure)));
      return;
    }
    if (++attempts > MAX_ATTEMPTS) {
      finish(
          change,
          null,
          new IllegalStateException(
              "the change was tried " + MAX_ATTEMPTS + " times and is not done", trouble));
      return;
    }
    Transaction transaction = client.transaction();
    change.ops().accept(transaction);
    int last = transaction.size();
    transaction.setData(path, done(), version);
    transaction
        .commit()
        .whenComplete(
            (outcome, failure) -> onThread(() -> answered(change, last, outcome, failure)));
  }

  private void begun(Change change, @Nullable Throwable failure) {
    if (failure == null) {
      exists = true;
      attempt(change);
    } else {
      finish(change, null, ConclaveException.causeOf(failure));
    }
  }

  private void answered(
      Change change, int last, @Nullable TransactionOutcome outcome, @Nullable Throwable failure) {
    if (outcome instanceof TransactionOutcome.RolledBack refused && refused.index() == last) {
      if (refused.because(Refusal.NO_NODE)) {
        // Somebody removed it while nothing was on its way: nothing is lost with it.
        exists = false;
        attempt(change);
      } else {
        findOut(change);
      }
    } else if (outcome instanceof TransactionOutcome.Committed) {
      version++;
      finish(change, outcome, null);
    } else if (outcome != null) {
      finish(change, outcome, null);
    } else {
      Throwable cause = ConclaveException.causeOf(failure);
      trouble = cause;
      if (Trouble.isPassing(cause)) {
        findOut(change);
      } else {
        finish(change, null, cause);
      }
    }
  }

  /** An answer was lost: the journal knows. */
  private void findOut(Change change) {
    Trouble.untilAnswered(client, () -> client.sync(path).thenCompose(s -> client.getData(path)))
        .whenComplete((read, failure) -> onThread(() -> wasRead(change, read, failure)));
  }

  private void wasRead(Change change, @Nullable Outcome<Node> read, @Nullable Throwable failure) {
    if (read == null) {
      finish(change, null, ConclaveException.causeOf(failure));
      return;
    }
    Node node = read.orNullIf(Refusal.NO_NODE);
    if (node == null) {
      finish(
          change,
          null,
          new IllegalStateException(
              "somebody removed the journal "
                  + path
                  + " while a change was made, which now may or may not have been done"));
      return;
    }
    version = node.stat().version();
    byte[] content = node.data();
    String text = content == null ? "" : new String(content, UTF_8);
    if (text.equals(new String(done(), UTF_8))) {
      finish(change, new TransactionOutcome.Committed(List.of()), null);
    } else if (text.equals(new String(notDone(), UTF_8))) {
      attempt(change);
    } else {
      client.setData(path, notDone(), version).whenComplete((written, trouble) -> findOut(change));
    }
  }

  private byte[] done() {
    return (number + " done").getBytes(UTF_8);
  }

  private byte[] notDone() {
    return (number + " not done").getBytes(UTF_8);
  }

  private void finish(
      Change change, @Nullable TransactionOutcome outcome, @Nullable Throwable failure) {
    current = null;
    if (outcome != null) {
      change.future().complete(outcome);
    } else {
      change.future().completeExceptionally(ConclaveException.causeOf(failure));
    }
    next();
    if (closed && current == null) {
      exists = false;
      client.delete(path, ConclaveClient.ANY_VERSION);
    }
  }

  private CompletableFuture<Void> begin() {
    return Trouble.untilAnswered(client, this::tryToBegin);
  }

  private CompletableFuture<Void> tryToBegin() {
    return client
        .ensureContainer(directory)
        .thenCompose(there -> client.create(path, null, CreateMode.PERSISTENT))
        .thenCompose(
            outcome -> {
              if (outcome.was(Refusal.NO_NODE)) {
                // A container that the server has just removed for being empty.
                return tryToBegin();
              }
              // Its name is random: if it exists, an attempt made it whose answer was lost.
              outcome.orNullIf(Refusal.NODE_EXISTS);
              return client.exists(path).thenAccept(this::use);
            });
  }

  private void use(Optional<Stat> stat) {
    version = stat.map(Stat::version).orElse(0);
    stat.ifPresent(mine -> removeStale(mine.ctimeMs()));
  }

  private void removeStale(long nowMs) {
    client
        .getChildren(directory)
        .thenAccept(
            outcome -> {
              for (String name : outcome.value().map(Children::names).orElse(List.of())) {
                removeIfStale(Paths.child(directory, name), nowMs);
              }
            });
  }

  private void removeIfStale(String journal, long nowMs) {
    client
        .exists(journal)
        .thenAccept(
            stat -> {
              if (stat.isPresent() && nowMs - stat.get().mtimeMs() > staleAfter.toMillis()) {
                client.delete(journal, stat.get().version());
              }
            });
  }

  private void onThread(Runnable task) {
    client.executor().execute(task);
  }
}
