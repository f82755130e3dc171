package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A value that many share, and that each changes only when it is what it was thought to be.
 *
 * <pre>{@code
 * AtomicValue<String> mode = AtomicValue.ofString(client, "/mode", "normal");
 * mode.onChange(now -> System.out.println("mode is " + now.value()));
 * AtomicValue.Versioned<String> seen = mode.get().join();
 * if (mode.compareAndSet(seen, "read-only").join().isEmpty()) {
 *   System.out.println("somebody else was faster");
 * }
 * mode.update(now -> now + " since noon").join();
 * mode.close().join();
 * }</pre>
 *
 * <p><b>Guarantee.</b> Every change is made exactly once or not at all, and its future tells which,
 * whichever connections and sessions are lost meanwhile: the value belongs to no session, and a
 * change whose answer was lost is looked up before it is made again. A future fails when the client
 * is closed; only then the change may or may not have been made. Whoever deletes the znode starts
 * the versions anew, and a change that was meant for an old one may then find its number again.
 *
 * <p><b>Layout.</b> The znode's data is the value, nothing else, as Curator's SharedValue and
 * DistributedAtomicValue ({@link #ofBytes}) and SharedCount ({@link #ofInt}) have it, so both can
 * share one. What is needed to do everything once is beside it, in {@code PATH.journal}.
 *
 * <p>Thread-safe. Futures complete, and listeners run, on the client's thread.
 */
public final class AtomicValue<T> {
  /**
   * A value as it was at one time.
   *
   * @param version its number; &minus;1 while the znode does not exist
   */
  public record Versioned<T>(T value, int version) {}

  private final ConclaveClient client;
  private final String path;
  private final SharedState<T> state;

  /**
   * Prepares a value of any type.
   *
   * @param initial the value while nobody has set any
   */
  public AtomicValue(
      ConclaveClient client,
      String path,
      T initial,
      Function<T, byte[]> encode,
      Function<byte[], T> decode) {
    this.client = client;
    this.path = path;
    this.state = new SharedState<>(client, path, initial, encode, decode, 1);
  }

  public static AtomicValue<byte[]> ofBytes(ConclaveClient client, String path, byte[] initial) {
    return new AtomicValue<>(client, path, initial, bytes -> bytes, bytes -> bytes);
  }

  public static AtomicValue<String> ofString(ConclaveClient client, String path, String initial) {
    return new AtomicValue<>(
        client, path, initial, text -> text.getBytes(UTF_8), bytes -> new String(bytes, UTF_8));
  }

  /** Four bytes, big-endian. */
  public static AtomicValue<Integer> ofInt(ConclaveClient client, String path, int initial) {
    return new AtomicValue<>(
        client,
        path,
        initial,
        number -> ByteBuffer.allocate(Integer.BYTES).putInt(number).array(),
        bytes -> ByteBuffer.wrap(exactly(Integer.BYTES, bytes, path)).getInt());
  }

  static byte[] exactly(int length, byte[] bytes, String path) {
    if (bytes.length != length) {
      throw new IllegalStateException(
          path + " has " + bytes.length + " bytes, and a number of this kind " + length);
    }
    return bytes;
  }

  /** The value of now, as the server has it that the client is connected to. */
  public CompletableFuture<Versioned<T>> get() {
    return state.read().thenApply(AtomicValue::versioned);
  }

  /**
   * Changes the value if nobody has changed it since.
   *
   * @return the new one; empty when somebody has
   */
  public CompletableFuture<Optional<Versioned<T>>> compareAndSet(Versioned<T> expected, T next) {
    AtomicBoolean isSame = new AtomicBoolean();
    return state
        .change(
            (value, version) -> {
              isSame.set(version == expected.version());
              return isSame.get() ? Optional.of(next) : Optional.empty();
            })
        .thenApply(
            now -> isSame.get() ? Optional.of(versioned(now)) : Optional.<Versioned<T>>empty());
  }

  /** Changes the value, whatever it is. */
  public CompletableFuture<Versioned<T>> set(T next) {
    return update(value -> next);
  }

  /**
   * Changes the value depending on what it is.
   *
   * @param step called again whenever others were faster; must not have effects
   */
  public CompletableFuture<Versioned<T>> update(UnaryOperator<T> step) {
    return state
        .change((value, version) -> Optional.of(step.apply(value)))
        .thenApply(AtomicValue::versioned);
  }

  /**
   * Tells the value of now and every later one; those that come faster than they can be told are
   * skipped, but never the newest.
   */
  public Registration onChange(Consumer<Versioned<T>> listener) {
    return client
        .watch(path)
        .forEach(node -> listener.accept(versioned(state.at(node.orElse(null)))));
  }

  /** Ends what this object does at the server; the value stays. */
  public CompletableFuture<Void> close() {
    return state.close();
  }

  private static <T> Versioned<T> versioned(SharedState.At<T> at) {
    return new Versioned<>(at.value(), at.version());
  }
}
