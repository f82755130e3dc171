package conclave.storage;

import conclave.protocol.BigEndian;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Adler32;

/**
 * Reads one log file from its start: entry after entry, each checked, until something is not an
 * entry. Then {@link #position} is where the entries end, and the rest is to be judged by {@link
 * #tail}.
 *
 * <p>Not thread-safe.
 */
final class LogScanner implements AutoCloseable {
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int SECTOR = 512;

  /**
   * Entries up to here are read even if an operator has made {@code jute.maxbuffer} smaller since.
   */
  private static final int ALWAYS_ALLOWED_BYTES = 16 << 20;

  private static final byte[] ZEROS = new byte[64 << 10];

  private final DiskFile file;
  private final boolean whileWritten;
  private long fileLength;
  private final int maxEntryBytes;
  private final Adler32 adler = new Adler32();

  /** A window on the file: bytes {@code [windowAt, windowAt + windowLength)}. */
  private byte[] window;

  private long windowAt;
  private int windowLength;

  /** Where the next entry's prefix would be. */
  private long position = LogFormat.HEADER_LENGTH;

  private int entryOffset;
  private int entryLength;
  private long entryZxid;

  private LogScanner(DiskFile file, int maxEntryBytes, boolean whileWritten) throws IOException {
    this.file = file;
    this.whileWritten = whileWritten;
    this.fileLength = file.size();
    this.window = new byte[(int) Math.min(fileLength, CHUNK_BYTES)];
    this.maxEntryBytes = Math.max(maxEntryBytes, ALWAYS_ALLOWED_BYTES);
  }

  static LogScanner open(Disk disk, Path path, int maxEntryBytes) throws IOException {
    return open(disk, path, maxEntryBytes, false);
  }

  /**
   * Opens a file that the log's thread may be writing, and may cut behind its last entry when it
   * begins the next one.
   */
  static LogScanner openWhileWritten(Disk disk, Path path, int maxEntryBytes) throws IOException {
    return open(disk, path, maxEntryBytes, true);
  }

  private static LogScanner open(Disk disk, Path path, int maxEntryBytes, boolean whileWritten)
      throws IOException {
    DiskFile file = disk.openForRead(path);
    try {
      return new LogScanner(file, maxEntryBytes, whileWritten);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  long fileLength() {
    return fileLength;
  }

  /** Whether the file holds nothing but zeros from {@code offset} on. */
  boolean isZerosFrom(long offset) throws IOException {
    return isZeros(offset, fileLength);
  }

  /** Whether the file begins as a log file does. */
  boolean hasHeader() throws IOException {
    if (!load(0, LogFormat.HEADER_LENGTH)) {
      return false;
    }
    return BigEndian.getInt(window, index(0)) == LogFormat.MAGIC
        && BigEndian.getInt(window, index(4)) == LogFormat.VERSION;
  }

  /** Moves to the next entry; false when what comes next is not one. */
  boolean next() throws IOException {
    int length = entryLengthAt(position);
    if (length < 0) {
      return false;
    }
    entryOffset = index(position + LogFormat.PREFIX_LENGTH);
    entryLength = length;
    entryZxid = BigEndian.getLong(window, entryOffset + LogFormat.ZXID_AT);
    position += LogFormat.PREFIX_LENGTH + length + 1L;
    return true;
  }

  /** The array that the entry is in, until the next call. */
  byte[] entryArray() {
    return window;
  }

  int entryOffset() {
    return entryOffset;
  }

  int entryLength() {
    return entryLength;
  }

  long entryZxid() {
    return entryZxid;
  }

  /** Where the entries read so far end. */
  long position() {
    return position;
  }

  /** Where the entry that was read last begins. */
  long entryPosition() {
    return position - LogFormat.PREFIX_LENGTH - entryLength - 1;
  }

  /** What stands behind the last entry of a file. */
  enum Tail {
    /** Nothing, or zeros. */
    CLEAN,

    /**
     * An entry that an interrupted write can have left: it runs into the end of the file, or some
     * sector of it was never written and is still zeros.
     */
    TORN,

    /** Something that an interrupted write does not leave. */
    GARBAGE
  }

  /** Judges what stands at {@link #position}, where {@link #next} found no entry. */
  Tail tail() throws IOException {
    return isZeros(position, fileLength) ? Tail.CLEAN : isTorn() ? Tail.TORN : Tail.GARBAGE;
  }

  /**
   * Whether a whole entry, with a later zxid than {@code lastZxid}, stands anywhere behind {@link
   * #position}.
   */
  boolean hasEntryBehind(long lastZxid) throws IOException {
    for (long at = position + 1; at + LogFormat.PREFIX_LENGTH < fileLength; at++) {
      if (entryLengthAt(at) >= 0
          && BigEndian.getLong(window, index(at + LogFormat.PREFIX_LENGTH + LogFormat.ZXID_AT))
              > lastZxid) {
        return true;
      }
    }
    return false;
  }

  /** Says why there is no entry at {@link #position}; only where {@link #next} found none. */
  String whatIsWrong() throws IOException {
    long bodyAt = position + LogFormat.PREFIX_LENGTH;
    if (!load(position, LogFormat.PREFIX_LENGTH)) {
      return "the file ends within an entry's checksum and length";
    }
    long checksum = BigEndian.getLong(window, index(position));
    int length = BigEndian.getInt(window, index(position + 8));
    if (!isPlausible(length)) {
      return "no entry begins here: length=" + length;
    }
    if (bodyAt + length + 1 > fileLength) {
      return "the file ends within the entry: length=" + length;
    }
    if (!load(position, LogFormat.PREFIX_LENGTH + length + 1)) {
      return "the file became shorter while it was read";
    }
    int body = index(bodyAt);
    if (window[body + length] != LogFormat.ENTRY_END) {
      return "the entry has no end mark: length=" + length;
    }
    adler.reset();
    adler.update(window, body, length);
    return "wrong checksum: computed=" + adler.getValue() + " written=" + checksum;
  }

  /**
   * Moves {@link #position} to the next whole entry behind what is none, or to the end of the file.
   *
   * @return whether there is one
   */
  boolean moveToEntryBehind() throws IOException {
    load(position, LogFormat.PREFIX_LENGTH);
    int length =
        position + LogFormat.PREFIX_LENGTH > fileLength
            ? 0
            : BigEndian.getInt(window, index(position + 8));
    long at = position + LogFormat.PREFIX_LENGTH + length + 1L;
    // Where its length still says how to pass over it, nothing in its data is taken for an entry.
    if (!isPlausible(length) || entryLengthAt(at) < 0) {
      at = position + 1;
    }
    while (at + LogFormat.PREFIX_LENGTH < fileLength && entryLengthAt(at) < 0) {
      at++;
    }
    boolean found = at + LogFormat.PREFIX_LENGTH < fileLength;
    position = found ? at : fileLength;
    return found;
  }

  /**
   * Writes go to disk by sectors: one that is missing still holds the zeros that were there before.
   * The first four bytes of an entry don't count, a checksum's upper half is zeros anyway.
   */
  private boolean isTorn() throws IOException {
    long bodyAt = position + LogFormat.PREFIX_LENGTH;
    if (bodyAt > fileLength || hasZeroSector(position + 4, bodyAt)) {
      return true;
    }
    load(position, LogFormat.PREFIX_LENGTH);
    int length = BigEndian.getInt(window, index(position + 8));
    if (!isPlausible(length)) {
      return false;
    }
    long end = bodyAt + length + 1;
    return end > fileLength || hasZeroSector(position + 4, end);
  }

  /**
   * Whether the content behind {@link #position} ends like a whole entry, in the middle of a
   * sector. An interrupted write leaves off at the end of one; so what ends like this is an entry
   * of which some byte before is wrong.
   */
  boolean endsLikeAnEntry() throws IOException {
    long last = fileLength - 1;
    while (last > position && isZeros(Math.max(position, last - ZEROS.length + 1), last + 1)) {
      last -= ZEROS.length;
    }
    while (last > position && isZeros(last, last + 1)) {
      last--;
    }
    return last > position
        && load(last, 1)
        && window[index(last)] == LogFormat.ENTRY_END
        && (last + 1) % SECTOR != 0;
  }

  /** How long the file is without the zeros at its end, give or take. Forgets the entry. */
  long contentEnd() throws IOException {
    long end = fileLength;
    for (int step : new int[] {ZEROS.length, SECTOR}) {
      while (end > 0 && isZeros(Math.max(0, end - step), end)) {
        end = Math.max(0, end - step);
      }
    }
    return end;
  }

  /** Whether any sector's part of the range is all zeros. */
  private boolean hasZeroSector(long from, long to) throws IOException {
    for (long at = from; at < to; ) {
      // What a lost sector would have held behind the entry is lost as well, so all of it counts.
      long sectorEnd = Math.min(at - at % SECTOR + SECTOR, fileLength);
      if (isZeros(at, sectorEnd)) {
        return true;
      }
      at = sectorEnd;
    }
    return false;
  }

  private boolean isZeros(long from, long to) throws IOException {
    for (long at = from; at < to; ) {
      int count = (int) Math.min(ZEROS.length, to - at);
      if (!load(at, count)
          || !Arrays.equals(window, index(at), index(at) + count, ZEROS, 0, count)) {
        return false;
      }
      at += count;
    }
    return true;
  }

  private boolean isPlausible(int length) {
    return length >= LogFormat.SHORTEST_ENTRY && length <= maxEntryBytes;
  }

  /** The length of the entry at {@code at}, which the window then holds; &minus;1 for none. */
  private int entryLengthAt(long at) throws IOException {
    if (!load(at, LogFormat.PREFIX_LENGTH)) {
      return -1;
    }
    long checksum = BigEndian.getLong(window, index(at));
    int length = BigEndian.getInt(window, index(at + 8));
    if (checksum >>> 32 != 0
        || !isPlausible(length)
        || !load(at, LogFormat.PREFIX_LENGTH + length + 1)) {
      return -1;
    }
    int body = index(at + LogFormat.PREFIX_LENGTH);
    if (window[body + length] != LogFormat.ENTRY_END) {
      return -1;
    }
    adler.reset();
    adler.update(window, body, length);
    return adler.getValue() == checksum ? length : -1;
  }

  private int index(long at) {
    return (int) (at - windowAt);
  }

  /** Gets a range of the file into the window; false when the file ends before. */
  private boolean load(long at, int count) throws IOException {
    if (at >= windowAt && at + count <= windowAt + windowLength) {
      return true;
    }
    if (at + count > fileLength) {
      return false;
    }
    if (count > window.length) {
      window = new byte[Math.max(count, 2 * window.length)];
    }
    windowAt = at;
    windowLength = 0;
    int wanted = (int) Math.min(window.length, fileLength - at);
    windowLength = Reads.fully(file, window, 0, wanted, at);
    if (windowLength < wanted && whileWritten) {
      fileLength = at + windowLength;
      return count <= windowLength;
    }
    if (windowLength < wanted) {
      throw new IOException("the file shrank while it was read: at=" + at + " wanted=" + wanted);
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
