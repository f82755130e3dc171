package conclave.consensus;

import org.jspecify.annotations.Nullable;

/** Older transactions, for learners that are behind by more than what is in memory. */
public interface DiskLog {

  /**
   * The committed transactions after one and up to another.
   *
   * @return null when the log doesn't go back so far, when it doesn't contain exactly {@code
   *     afterZxid}, or when a snapshot is the cheaper way
   */
  @Nullable Transactions read(long afterZxid, long upToZxid);

  /** One after the other; the payloads are null. To be closed. */
  interface Transactions extends AutoCloseable {
    @Nullable Proposal next();

    @Override
    void close();
  }
}
