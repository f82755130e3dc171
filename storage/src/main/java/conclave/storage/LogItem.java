package conclave.storage;

import conclave.protocol.JuteReader;
import conclave.protocol.LoggedTxn;

/** What stands in a {@link LogFile} at one place. */
public sealed interface LogItem {
  /** Where it begins in the file. */
  long offset();

  /**
   * An entry whose checksum is right.
   *
   * @param bytes header, record, and digest where there is one; belongs to whoever reads it
   */
  record Entry(long offset, long zxid, byte[] bytes) implements LogItem {
    /**
     * The transaction.
     *
     * @throws conclave.protocol.MalformedRecordException when the bytes are not one in spite of
     *     their checksum
     */
    public LoggedTxn txn() {
      return LoggedTxn.read(new JuteReader(bytes));
    }
  }

  /**
   * A place that holds no whole entry.
   *
   * @param end where the next whole entry begins, or the file ends
   * @param what is wrong, in words
   * @param torn whether it is what an interrupted write leaves at the end: normal after a crash,
   *     and cut off by the next start
   * @param entriesBehind whether whole entries follow
   */
  record Damage(long offset, long end, String what, boolean torn, boolean entriesBehind)
      implements LogItem {}

  /** The end of the content; {@code zeros} bytes of room follow. */
  record End(long offset, long zeros) implements LogItem {}
}
