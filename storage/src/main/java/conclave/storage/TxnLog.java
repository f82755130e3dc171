package conclave.storage;

import conclave.protocol.BigEndian;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * The transaction log, for writing. {@link #append} any number of entries, then {@link #sync} once:
 * when it returns, all of them are durable.
 *
 * <p>Called by one thread only, which must not be interrupted. Entries stay in memory until {@code
 * sync} or until they have become many, so an append that returned promises nothing.
 *
 * <p>After a {@link StorageFailedException} the log is dead: every later call throws one too. What
 * was appended since the last sync may be on disk or not, and must not be acknowledged; the process
 * ends and starts again from what is there.
 *
 * <p>The first entry after opening or {@link #roll} begins a file named by its zxid. The file grows
 * ahead of its content by writing zeros in steps, because a sync costs least where the file system
 * has nothing to allocate and no size to change. Apache reads the zeros as the end.
 */
public final class TxnLog implements AutoCloseable {
  private static final int WRITE_BYTES = 1 << 20;
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int FIRST_BUFFER_BYTES = 4 << 10;

  /** The step of growing: little enough to take part in one sync unnoticed. */
  private static final int GROW_BYTES = 1 << 20;

  private final Disk disk;
  private final Path directory;
  private final boolean forceSync;
  private final int growBytes;
  private static final ByteBuffer ZEROS =
      ByteBuffer.allocateDirect(BUFFER_BYTES).asReadOnlyBuffer();

  private final JuteWriter batch = new JuteWriter(FIRST_BUFFER_BYTES);
  private ByteBuffer direct = ByteBuffer.allocateDirect(FIRST_BUFFER_BYTES);
  private final ByteBuffer zeros = ZEROS.duplicate();
  private final Adler32 adler = new Adler32();

  private @Nullable OpenFile open;
  private long appendedZxid;
  private long syncedZxid;

  /** The last zxid that a power cut can't take: what was synced, unless syncing is off. */
  private long durableZxid;

  private @Nullable StorageFailedException failure;

  /** The file that is being written. */
  private static final class OpenFile {
    final Path path;
    final long firstZxid;
    final DiskFile file;
    final SyncedMark.Writer mark;

    /** Where the next byte goes. */
    long position;

    /** How long the file is, with the zeros written ahead. */
    long length;

    OpenFile(Path path, long firstZxid, DiskFile file, SyncedMark.Writer mark, long length) {
      this.path = path;
      this.firstZxid = firstZxid;
      this.file = file;
      this.mark = mark;
      this.position = LogFormat.HEADER_LENGTH;
      this.length = length;
    }
  }

  /** A log whose last transaction is {@code lastZxid}. */
  TxnLog(Disk disk, Path directory, StorageOptions options, long lastZxid) {
    this.disk = disk;
    this.directory = directory;
    this.forceSync = options.forceSync();
    this.growBytes = (int) Math.min(options.preallocateBytes(), GROW_BYTES);
    this.appendedZxid = lastZxid;
    this.syncedZxid = lastZxid;
    this.durableZxid = lastZxid;
  }

  /**
   * Puts a transaction behind the last one, whose zxid its own must follow.
   *
   * @return how many bytes it takes
   */
  public int append(LoggedTxn txn) {
    int start = begin(txn.zxid());
    txn.write(batch);
    int length = batch.length() - start;
    end(start, txn.zxid());
    return length;
  }

  /** Puts a transaction that is encoded already behind the last one. */
  public void append(long zxid, byte[] entry) {
    int start = begin(zxid);
    batch.writeRaw(entry, 0, entry.length);
    end(start, zxid);
  }

  private int begin(long zxid) {
    check();
    if (!Zxids.follows(appendedZxid, zxid)) {
      throw new IllegalStateException(
          "zxid=" + Zxids.hex(zxid) + " appendedZxid=" + Zxids.hex(appendedZxid));
    }
    if (open == null) {
      open = startFile(zxid);
    }
    int start = batch.length();
    batch.writeLong(0);
    batch.writeInt(0);
    return start;
  }

  private void end(int start, long zxid) {
    int entryAt = start + LogFormat.PREFIX_LENGTH;
    int length = batch.length() - entryAt;
    adler.reset();
    adler.update(batch.array(), entryAt, length);
    BigEndian.putLong(batch.array(), start, adler.getValue());
    BigEndian.putInt(batch.array(), start + 8, length);
    batch.writeByte(LogFormat.ENTRY_END);
    appendedZxid = zxid;
    if (batch.length() >= WRITE_BYTES) {
      writeBatch();
    }
  }

  /**
   * Makes all that was appended durable, with one {@code fdatasync}; with {@code forceSync} off
   * only hands it to the operating system.
   *
   * @return the last durable zxid
   */
  public long sync() {
    check();
    OpenFile file = open;
    if (file != null && syncedZxid != appendedZxid) {
      writeBatch();
      try {
        if (forceSync) {
          file.file.force(false);
          durableZxid = appendedZxid;
          file.mark.write(new SyncedMark(file.firstZxid, file.position, durableZxid));
        }
      } catch (IOException e) {
        throw fail("can't sync", file.path, e);
      }
      syncedZxid = appendedZxid;
    }
    return syncedZxid;
  }

  /** Syncs, and lets the next entry begin a new file. Does nothing where no file was begun. */
  public void roll() {
    sync();
    OpenFile file = open;
    if (file == null) {
      return;
    }
    try {
      // The room behind the end is given back; if a power cut undoes that, it is still only zeros.
      file.file.truncate(file.position);
      file.mark.close();
      file.file.close();
    } catch (IOException e) {
      throw fail("can't finish", file.path, e);
    }
    open = null;
  }

  /** The last zxid that was appended. */
  public long appendedZxid() {
    return appendedZxid;
  }

  /** The last zxid that is durable. */
  public long syncedZxid() {
    return syncedZxid;
  }

  /** Bytes of content in the file that is being written; 0 when none is. */
  public long fileBytes() {
    OpenFile file = open;
    return file == null ? 0 : file.position + batch.length();
  }

  /** Syncs and closes; a log that failed is only closed. */
  @Override
  public void close() {
    if (failure == null) {
      roll();
    } else {
      closeQuietly(open);
      open = null;
    }
  }

  /**
   * Makes the file for entries from {@code zxid} on. All about it is durable before its first entry
   * is written: so what a power cut leaves of the entries is told from damage by the mark, which
   * names this file from now on.
   */
  private OpenFile startFile(long zxid) {
    Path path = directory.resolve(FileNames.log(zxid));
    DiskFile file = null;
    try {
      file = disk.create(path);
      JuteWriter header = new JuteWriter(LogFormat.HEADER_LENGTH);
      LogFormat.writeHeader(header);
      file.write(ByteBuffer.wrap(header.toByteArray()), 0);
      long length = Math.max(LogFormat.HEADER_LENGTH, growBytes);
      writeZeros(file, LogFormat.HEADER_LENGTH, length);
      SyncedMark mark = new SyncedMark(zxid, LogFormat.HEADER_LENGTH, durableZxid);
      if (forceSync) {
        file.force(true);
        disk.forceDirectory(directory);
      }
      SyncedMark.Writer writer =
          SyncedMark.Writer.open(disk, directory.resolve(FileNames.SYNCED_MARK), mark);
      return new OpenFile(path, zxid, file, writer, length);
    } catch (IOException e) {
      if (file != null) {
        closeQuietly(file);
      }
      throw fail("can't begin", path, e);
    }
  }

  private void writeBatch() {
    OpenFile file = open;
    int length = batch.length();
    if (file == null || length == 0) {
      return;
    }
    try {
      growFor(file, length);
      growBufferFor(length);
      for (int from = 0; from < length; ) {
        int count = Math.min(length - from, direct.capacity());
        direct.clear();
        direct.put(batch.array(), from, count).flip();
        file.file.write(direct, file.position + from);
        from += count;
      }
      file.position += length;
    } catch (IOException e) {
      throw fail("can't write", file.path, e);
    }
    batch.reset();
  }

  private void growBufferFor(int bytes) {
    if (bytes > direct.capacity() && direct.capacity() < BUFFER_BYTES) {
      direct = ByteBuffer.allocateDirect(Math.min(BUFFER_BYTES, 2 * Integer.highestOneBit(bytes)));
    }
  }

  private void growFor(OpenFile file, int bytes) throws IOException {
    long needed = file.position + bytes;
    if (needed <= file.length) {
      return;
    }
    long length = growBytes == 0 ? needed : (needed / growBytes + 1) * growBytes;
    writeZeros(file.file, needed, length);
    file.length = length;
  }

  private void writeZeros(DiskFile file, long from, long to) throws IOException {
    for (long at = from; at < to; ) {
      // Up to a multiple of the buffer's size, so that pages are written whole.
      long count = Math.min(to - at, BUFFER_BYTES - at % BUFFER_BYTES);
      zeros.position(0).limit((int) count);
      file.write(zeros, at);
      at += count;
    }
  }

  private void check() {
    if (failure != null) {
      throw new StorageFailedException("the log failed before: " + failure.getMessage());
    }
  }

  private StorageFailedException fail(String what, Path path, IOException cause) {
    StorageFailedException thrown = new StorageFailedException(what, path, cause);
    failure = thrown;
    return thrown;
  }

  private static void closeQuietly(@Nullable OpenFile file) {
    if (file != null) {
      closeQuietly(file.file);
      try {
        file.mark.close();
      } catch (IOException alreadyFailed) {
        // The log is dead already, and says so to everybody who calls.
      }
    }
  }

  private static void closeQuietly(DiskFile file) {
    try {
      file.close();
    } catch (IOException alreadyFailed) {
      // The log is dead already, and says so to everybody who calls.
    }
  }
}
