package conclave.storage;

import conclave.storage.FileNames.SnapshotName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Transactions out of the log's files, for a learner that lacks too many to have them from memory.
 *
 * <pre>
 * try (LogHistory history = storage.history(learnersZxid, committedZxid)) {
 *   if (history.reachesBack() &amp;&amp; history.bytes() &lt; enough) {
 *     while (history.next()) {
 *       send(history.zxid(), history.entry());
 *     }
 *   }
 * }
 * </pre>
 *
 * <p>It reads files that the log's thread may be writing, but nothing behind a zxid that was
 * durable when it was opened; so it never meets half an entry. Reads block, and finding the first
 * entry may take reading a whole file: not for a thread that others wait for. What it finds missing
 * or damaged it reports as an {@link IOException}, and whoever wanted the history sends a snapshot
 * instead. Used by one thread.
 */
public final class LogHistory implements AutoCloseable {
  private final Disk disk;
  private final Path directory;
  private final int maxEntryBytes;
  private final long after;
  private final long upTo;

  /** Where the log had a gap once, one of these is in it. */
  private final List<SnapshotName> snapshots;

  /** First zxids of the files, ascending, from the one with {@code after} in it on. */
  private final List<Long> logs;

  private int nextLog;
  private @Nullable LogScanner scanner;

  /** The last entry that was read, and the one before. */
  private long zxid = -1;

  private long before = -1;

  /** The last one not after {@code after}; &minus;1 where there is none. */
  private long previous = -1;

  /** Whether the scanner stands on an entry that {@link #next} is to hand out. */
  private boolean ahead;

  private boolean reachesBack;
  private long bytes;

  private LogHistory(
      Disk disk,
      Path directory,
      int maxEntryBytes,
      List<SnapshotName> snapshots,
      List<Long> logs,
      long after,
      long upTo) {
    this.disk = disk;
    this.directory = directory;
    this.maxEntryBytes = maxEntryBytes;
    this.snapshots = snapshots;
    this.logs = logs;
    this.after = after;
    this.upTo = upTo;
  }

  /**
   * Opens the history behind one transaction.
   *
   * @param snapshots those that there are
   * @param after the last transaction that somebody has
   * @param upTo the last one that is wanted, which is in the log and durable
   */
  static LogHistory open(
      Disk disk,
      Path directory,
      int maxEntryBytes,
      List<SnapshotName> snapshots,
      long after,
      long upTo)
      throws IOException {
    List<Long> all = Snapshots.listLogs(disk, directory);
    int first = 0;
    while (first + 1 < all.size() && all.get(first + 1) <= after) {
      first++;
    }
    List<Long> logs = all.subList(first, all.size());
    LogHistory history =
        new LogHistory(disk, directory, maxEntryBytes, snapshots, logs, after, upTo);
    try {
      history.seek();
    } catch (IOException e) {
      history.close();
      throw e;
    }
    return history;
  }

  /**
   * Whether the log goes back far enough, so that {@link #next} hands out everything between the
   * two transactions. Where it does not, nothing is handed out.
   */
  public boolean reachesBack() {
    return reachesBack;
  }

  /** Whether the very transaction that it begins behind is in the log. */
  public boolean hasStart() {
    return previous == after;
  }

  /**
   * The last transaction in the log that is not later than the one that it begins behind; &minus;1
   * when there is none.
   */
  public long previous() {
    return previous;
  }

  /** About how many bytes there are to be handed out. */
  public long bytes() {
    return bytes;
  }

  /** Moves to the next transaction; false behind the last one. */
  public boolean next() throws IOException {
    if (!reachesBack || after >= upTo) {
      return false;
    }
    if (ahead) {
      ahead = false;
    } else if (zxid == upTo || !read()) {
      return endsAt(zxid);
    }
    return zxid <= upTo || endsAt(before);
  }

  private boolean endsAt(long last) throws IOException {
    if (last == upTo) {
      return false;
    }
    throw new IOException(
        "the log in "
            + directory
            + " has nothing behind "
            + Zxids.hex(last)
            + ", but should go on to "
            + Zxids.hex(upTo));
  }

  /** The transaction's zxid. */
  public long zxid() {
    return zxid;
  }

  /** The transaction as it stands in the log: header, record, and digest where there is one. */
  public byte[] entry() {
    LogScanner s = scanner;
    if (s == null || ahead) {
      throw new IllegalStateException("zxid=" + zxid + " ahead=" + ahead);
    }
    return Arrays.copyOfRange(s.entryArray(), s.entryOffset(), s.entryOffset() + s.entryLength());
  }

  /** Reads up to the first entry behind {@code after}. */
  private void seek() throws IOException {
    boolean found = read();
    while (found && zxid <= after) {
      previous = zxid;
      found = zxid < upTo && read();
    }
    ahead = found && zxid > after;
    // Numbers that follow each other prove as well that nothing is missing.
    reachesBack = previous >= 0 || ahead && zxid == after + 1;
    bytes = ahead ? measure() : 0;
  }

  /** Reads the next entry, out of the next file where one ends. */
  private boolean read() throws IOException {
    while (true) {
      LogScanner s = scanner;
      if (s != null && s.next()) {
        checkFollows(s.entryZxid());
        before = zxid;
        zxid = s.entryZxid();
        return true;
      }
      if (nextLog == logs.size()) {
        return false;
      }
      close();
      Path path = directory.resolve(FileNames.log(logs.get(nextLog++)));
      scanner = LogScanner.openWhileWritten(disk, path, maxEntryBytes);
      if (!scanner.hasHeader()) {
        throw new IOException(path + " doesn't begin as a log file does");
      }
    }
  }

  private void checkFollows(long next) throws IOException {
    // A server that took a snapshot of more than its own log had, as one with a slow disk may, has
    // a gap in the log after a power cut. Numbers don't tell where a new epoch follows.
    if (zxid >= 0 && (!Zxids.follows(zxid, next) || Snapshots.anyBetween(snapshots, zxid, next))) {
      throw new IOException(
          "in the log in " + directory + " " + Zxids.hex(next) + " comes after " + Zxids.hex(zxid));
    }
  }

  /** From the entry that is ahead to the end of what the files hold. */
  private long measure() throws IOException {
    LogScanner first = scanner;
    long sum = first == null ? 0 : -first.entryPosition();
    for (int i = nextLog - 1; i < logs.size() && logs.get(i) <= upTo; i++) {
      Path path = directory.resolve(FileNames.log(logs.get(i)));
      try (LogScanner file = LogScanner.openWhileWritten(disk, path, maxEntryBytes)) {
        sum += file.contentEnd();
      }
    }
    return Math.max(0, sum);
  }

  @Override
  public void close() throws IOException {
    if (scanner != null) {
      scanner.close();
    }
  }
}
