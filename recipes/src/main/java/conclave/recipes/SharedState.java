package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Refusal;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A znode's value that is changed depending on what it was: read, change, write on the condition
 * that nobody else has written meanwhile, and again after a random pause if somebody has. Each
 * change happens once, however connections break.
 */
final class SharedState<T> {
  /** The version of a znode that does not exist. */
  static final int ABSENT = -1;

  private static final int MAX_PAUSE_MS = 200;

  /** What a value is changed to; empty for leaving it as it is. */
  @FunctionalInterface
  interface Step<T> {
    Optional<T> from(T value, int version);
  }

  /** A value with the version that it has in the znode. */
  record At<T>(T value, int version) {}

  private record Change<T>(Step<T> step, CompletableFuture<At<T>> future) {}

  private final ConclaveClient client;
  private final String path;
  private final T initial;
  private final Function<T, byte[]> encode;
  private final Function<byte[], T> decode;
  private final int maxBatch;
  private final Journal journal;
  private final Deque<Change<T>> waiting = new ArrayDeque<>();
  private boolean busy;
  private int conflicts;

  /** What was known last; may be old. */
  private @Nullable At<T> known;

  /**
   * @param initial the value while the znode does not exist
   * @param maxBatch how many changes may be made in one write, which all have its version
   */
  SharedState(
      ConclaveClient client,
      String path,
      T initial,
      Function<T, byte[]> encode,
      Function<byte[], T> decode,
      int maxBatch) {
    this.client = client;
    this.path = path;
    this.initial = initial;
    this.encode = encode;
    this.decode = decode;
    this.maxBatch = maxBatch;
    this.journal = new Journal(client, path);
  }

  /** The value as the server has it that the client is connected to. */
  CompletableFuture<At<T>> read() {
    return Trouble.untilAnswered(client, () -> client.getData(path))
        .thenApply(outcome -> at(outcome.orNullIf(Refusal.NO_NODE)));
  }

  At<T> at(@Nullable Node node) {
    if (node == null) {
      return new At<>(initial, ABSENT);
    }
    byte[] data = node.data();
    return new At<>(decode.apply(data == null ? new byte[0] : data), node.stat().version());
  }

  /**
   * Makes a change, on the newest value.
   *
   * @param step may be asked several times, and must not have effects
   * @return the value after it
   */
  CompletableFuture<At<T>> change(Step<T> step) {
    CompletableFuture<At<T>> future = new CompletableFuture<>();
    Trouble.onItsThread(
        client,
        future,
        () -> {
          waiting.add(new Change<>(step, future));
          next();
        });
    return future;
  }

  CompletableFuture<Void> close() {
    return journal.close();
  }

  private void next() {
    if (busy || waiting.isEmpty()) {
      return;
    }
    busy = true;
    conflicts = 0;
    List<Change<T>> batch = new ArrayList<>();
    while (!waiting.isEmpty() && batch.size() < maxBatch) {
      batch.add(waiting.remove());
    }
    At<T> last = known;
    if (last == null) {
      readAndTry(batch);
    } else {
      attempt(batch, last, false);
    }
  }

  private void readAndTry(List<Change<T>> batch) {
    Trouble.untilAnswered(client, () -> client.sync(path))
        .thenCompose(synced -> read())
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                attempt(batch, value, true);
              } else {
                fail(batch, ConclaveException.causeOf(failure));
              }
            });
  }

  /**
   * Tries to write.
   *
   * @param fresh whether the base was read for this attempt
   */
  private void attempt(List<Change<T>> batch, At<T> base, boolean fresh) {
    known = base;
    List<At<T>> results = new ArrayList<>();
    List<Change<T>> applied = new ArrayList<>();
    At<T> now = base;
    for (Change<T> change : batch) {
      Optional<T> next;
      try {
        next = change.step().from(now.value(), now.version());
      } catch (RuntimeException mistake) {
        // The caller's own.
        change.future().completeExceptionally(mistake);
        continue;
      }
      if (next.isEmpty() && !fresh) {
        // Not to be decided on what may be old.
        readAndTry(batch);
        return;
      }
      now = next.isPresent() ? new At<>(next.get(), base.version() + 1) : now;
      applied.add(change);
      results.add(now);
    }
    if (now.version() == base.version()) {
      succeed(applied, results, now);
      return;
    }
    write(applied, results, base, now);
  }

  private void write(List<Change<T>> batch, List<At<T>> results, At<T> base, At<T> now) {
    byte[] data = encode.apply(now.value());
    journal
        .make(
            transaction -> {
              if (base.version() == ABSENT) {
                transaction.create(path, data, CreateMode.PERSISTENT);
              } else {
                transaction.setData(path, data, base.version());
              }
            })
        .whenComplete(
            (outcome, failure) -> {
              if (outcome instanceof TransactionOutcome.Committed) {
                succeed(batch, results, now);
              } else if (outcome instanceof TransactionOutcome.RolledBack refused) {
                refused(batch, base, refused);
              } else {
                fail(batch, ConclaveException.causeOf(failure));
              }
            });
  }

  private void refused(List<Change<T>> batch, At<T> base, TransactionOutcome.RolledBack refused) {
    if (refused.because(Refusal.NO_NODE) && base.version() == ABSENT) {
      Trouble.untilAnswered(client, () -> client.ensureContainer(Paths.parent(path)))
          .whenComplete(
              (made, failure) -> {
                if (failure == null) {
                  readAndTry(batch);
                } else {
                  fail(batch, ConclaveException.causeOf(failure));
                }
              });
    } else if (refused.because(Refusal.BAD_VERSION)
        || refused.because(Refusal.NODE_EXISTS)
        || refused.because(Refusal.NO_NODE)) {
      int ceiling = Math.min(MAX_PAUSE_MS, 2 << Math.min(conflicts++, 10));
      // The first conflict is mostly with what was written before this change was asked for.
      int pauseMs = conflicts == 1 ? 0 : client.runtime().random().nextInt(ceiling);
      CompletableFuture<Void> over = new CompletableFuture<>();
      over.whenComplete((none, failure) -> fail(batch, ConclaveException.causeOf(failure)));
      Trouble.later(client, Duration.ofMillis(pauseMs), () -> readAndTry(batch), over);
    } else {
      fail(
          batch,
          new IllegalStateException(
              "the server refused to write " + path + ": " + refused.error()));
    }
  }

  private void succeed(List<Change<T>> batch, List<At<T>> results, At<T> now) {
    known = now;
    busy = false;
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).future().complete(results.get(i));
    }
    next();
  }

  private void fail(List<Change<T>> batch, Throwable cause) {
    known = null;
    busy = false;
    batch.forEach(change -> change.future().completeExceptionally(cause));
    next();
  }
}
