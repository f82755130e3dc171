package conclave.recipes;

import conclave.client.ConclaveClient;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A number that many count up and down.
 *
 * <pre>{@code
 * Counter visits = new Counter(client, "/visits");
 * long now = visits.increment().join();
 * long later = visits.add(10).join();
 * boolean reset = visits.compareAndSet(later, 0).join();
 * long value = visits.get().join();
 * visits.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Every change is made exactly once or not at all, and its future tells which,
 * whichever connections and sessions are lost meanwhile: the number belongs to no session, and a
 * change whose answer was lost is looked up before it is made again. A future fails when the sum
 * would be too large for a long, in which case nothing has changed, or when the client is closed;
 * only then the change may or may not have been made.
 *
 * <p><b>Layout.</b> Eight bytes, big-endian, as Curator's DistributedAtomicLong has it, so both can
 * count with one znode. What is needed to do everything once is beside it, in {@code PATH.journal}.
 *
 * <p>Nobody waits for a lock: a change is written on the condition that the number is still what it
 * was, and made again after a random pause when it is not. Changes through one object that come
 * while one is on its way are added up and written together, so that one object counts faster than
 * the server writes. Thread-safe. Futures complete on the client's thread.
 */
public final class Counter {
  private static final int MAX_BATCH = 10_000;

  private final SharedState<Long> state;

  public Counter(ConclaveClient client, String path) {
    this.state =
        new SharedState<>(
            client,
            path,
            0L,
            number -> ByteBuffer.allocate(Long.BYTES).putLong(number).array(),
            // Curator takes no bytes for 0 too.
            bytes ->
                bytes.length == 0
                    ? 0L
                    : ByteBuffer.wrap(AtomicValue.exactly(Long.BYTES, bytes, path)).getLong(),
            MAX_BATCH);
  }

  /** The number of now, as the server has it that the client is connected to; 0 at first. */
  public CompletableFuture<Long> get() {
    return state.read().thenApply(SharedState.At::value);
  }

  /** Adds 1; answers the sum. */
  public CompletableFuture<Long> increment() {
    return add(1);
  }

  /** Subtracts 1; answers the difference. */
  public CompletableFuture<Long> decrement() {
    return add(-1);
  }

  /** Adds a number; answers the sum. */
  public CompletableFuture<Long> add(long delta) {
    return state
        .change((value, version) -> Optional.of(Math.addExact(value, delta)))
        .thenApply(SharedState.At::value);
  }

  /** Sets the number, whatever it is. */
  public CompletableFuture<Long> set(long next) {
    return state.change((value, version) -> Optional.of(next)).thenApply(SharedState.At::value);
  }

  /** Sets the number if it is as expected; answers whether it was. */
  public CompletableFuture<Boolean> compareAndSet(long expected, long next) {
    AtomicBoolean same = new AtomicBoolean();
    return state
        .change(
            (value, version) -> {
              same.set(value == expected);
              return same.get() ? Optional.of(next) : Optional.empty();
            })
        .thenApply(now -> same.get());
  }

  /** {@link #add} for code that rather waits. */
  public long addBlocking(long delta) throws InterruptedException {
    return Waiting.forResult(add(delta));
  }

  /** Ends what this object does at the server; the number stays. */
  public CompletableFuture<Void> close() {
    return state.close();
  }
}
