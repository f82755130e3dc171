package conclave.client;

import conclave.protocol.ErrorCode;
import conclave.protocol.OpCode;
import conclave.protocol.Stat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a {@link Transaction}. */
public sealed interface TransactionOutcome {

  /**
   * Everything was done, in one step.
   *
   * @param results one for each operation, in their order
   */
  record Committed(List<Result> results) implements TransactionOutcome {
    public Committed {
      results = List.copyOf(results);
    }
  }

  /**
   * Nothing was done.
   *
   * @param index the operation that was refused, counted from 0
   */
  record RolledBack(int index, OpCode op, String path, ErrorCode error)
      implements TransactionOutcome {
    /** Whether an operation was refused for this reason. */
    public boolean because(Refusal refusal) {
      return refusal.code() == error;
    }
  }

  /**
   * What one operation has made.
   *
   * @param path the znode, with the number that a sequential mode appends
   * @param stat the znode's metadata; null after delete and check
   */
  record Result(String path, @Nullable Stat stat) {}

  default boolean isCommitted() {
    return this instanceof Committed;
  }

  /** The results; a RefusedException when nothing was done. */
  default List<Result> orThrow() {
    if (this instanceof Committed done) {
      return done.results();
    }
    RolledBack refused = (RolledBack) this;
    throw new RefusedException(refused.op(), refused.path(), refused.error());
  }
}
