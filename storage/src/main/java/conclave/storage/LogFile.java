package conclave.storage;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * One log file for reading, damaged or not, for whoever looks at files without running a server:
 * {@link #next} gives what stands in it in order, entries and what is none.
 *
 * <p>A server's recovery does not use it: that decides whether a log may be served, this tells what
 * is there. It may read a file that a running server writes; then the end is wherever the last
 * whole entry was. Used by one thread.
 */
public final class LogFile implements AutoCloseable {
  /** Beyond what any server takes, unless its operator has set {@code jute.maxbuffer} very high. */
  private static final int LONGEST_ENTRY_BYTES = 64 << 20;

  private final LogScanner scanner;
  private boolean ended;

  private LogFile(LogScanner scanner) {
    this.scanner = scanner;
  }

  /**
   * Opens a file.
   *
   * @throws DamagedException when it does not begin as a log file does
   * @throws IOException when it can't be read
   */
  public static LogFile open(Disk disk, Path path) throws IOException {
    if (!disk.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    LogScanner scanner = LogScanner.openWhileWritten(disk, path, LONGEST_ENTRY_BYTES);
    try {
      if (!scanner.hasHeader()) {
        throw new DamagedException(
            path,
            0,
            scanner.fileLength() < LogFormat.HEADER_LENGTH
                ? "the file ends within its header"
                : "it does not begin as a transaction log does (\"ZKLG\", version 2)");
      }
      return new LogFile(scanner);
    } catch (IOException | RuntimeException e) {
      scanner.close();
      throw e;
    }
  }

  /** What stands at the next place in the file; an {@link LogItem.End} once, as the last. */
  public LogItem next() throws IOException {
    if (ended) {
      throw new IllegalStateException("read behind the end");
    }
    if (scanner.next()) {
      int at = scanner.entryOffset();
      byte[] bytes = Arrays.copyOfRange(scanner.entryArray(), at, at + scanner.entryLength());
      return new LogItem.Entry(scanner.entryPosition(), scanner.entryZxid(), bytes);
    }
    long from = scanner.position();
    if (scanner.isZerosFrom(from)) {
      ended = true;
      return new LogItem.End(from, scanner.fileLength() - from);
    }
    String what = scanner.whatIsWrong();
    boolean torn = scanner.tail() == LogScanner.Tail.TORN && !scanner.endsLikeAnEntry();
    boolean more = scanner.moveToEntryBehind();
    return new LogItem.Damage(from, scanner.position(), what, torn && !more, more);
  }

  /** How long the file is, with the room made ahead. */
  public long length() {
    return scanner.fileLength();
  }

  /** The zxid that a log file's name promises for its first entry; &minus;1 where it is another. */
  public static long zxidInName(Path path) {
    Path name = path.getFileName();
    return name == null ? -1 : FileNames.zxidOfLog(name.toString());
  }

  /** Whether nothing can be missing between two transactions. */
  public static boolean follows(long zxid, long next) {
    return Zxids.follows(zxid, next);
  }

  @Override
  public void close() throws IOException {
    scanner.close();
  }
}
