package conclave.client;

import conclave.protocol.OpCode;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request that the state of the tree can stand against: done, or refused for one
 * of the reasons that a caller is expected to handle. Everything else that can go wrong is an
 * exception of the future.
 *
 * <pre>{@code
 * client.create("/leader", me, CreateMode.EPHEMERAL).thenAccept(outcome -> {
 *   if (outcome instanceof Outcome.Done<Created> done) {
 *     lead(done.result().stat().czxid());
 *   } else if (outcome.was(Refusal.NODE_EXISTS)) {
 *     follow();
 *   }
 * });
 * }</pre>
 */
public sealed interface Outcome<T> {

  /** The server has done it. */
  record Done<T>(T result) implements Outcome<T> {}

  /**
   * The server has refused; nothing has changed.
   *
   * @param path the znode that was asked for
   */
  record Refused<T>(Refusal refusal, OpCode op, String path) implements Outcome<T> {}

  default boolean isDone() {
    return this instanceof Done;
  }

  /** Whether it was refused for this reason. */
  default boolean was(Refusal refusal) {
    return refusal() == refusal;
  }

  /** Why it was refused; null when it was done. */
  default @Nullable Refusal refusal() {
    return this instanceof Refused<T> refused ? refused.refusal() : null;
  }

  /** The result; empty when refused. */
  default Optional<T> value() {
    return this instanceof Done<T> done ? Optional.ofNullable(done.result()) : Optional.empty();
  }

  /** The result, for a caller to whom every refusal is a mistake: then a RefusedException. */
  default T orThrow() {
    if (this instanceof Done<T> done) {
      return done.result();
    }
    Refused<T> refused = (Refused<T>) this;
    throw new RefusedException(refused.op(), refused.path(), refused.refusal().code());
  }

  /**
   * The result; null when refused for this reason, and a RefusedException when for another one. For
   * what is as good as done when it was refused, such as deleting a znode that isn't there.
   */
  default @Nullable T orNullIf(Refusal expected) {
    return was(expected) ? null : orThrow();
  }

  /** The same outcome with another result. */
  default <R> Outcome<R> map(Function<? super T, ? extends R> function) {
    if (this instanceof Done<T> done) {
      return new Done<>(function.apply(done.result()));
    }
    Refused<T> refused = (Refused<T>) this;
    return new Refused<>(refused.refusal(), refused.op(), refused.path());
  }
}
