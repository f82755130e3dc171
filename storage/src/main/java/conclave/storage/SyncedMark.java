package conclave.storage;

import conclave.protocol.BigEndian;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * How far the log is known to be durable, in a file of our own beside it: {@code conclave.synced}.
 *
 * <p>Apache's log has no proof of its end: a log whose last entries were cut off or zeroed looks
 * like a shorter one, and an entry that an interrupted write left half done looks like one that was
 * damaged later. The mark tells them apart. It is written after a sync and before anybody is told
 * of it, so what it says is always true; it is not synced itself each time, so after a power cut it
 * may say less than it could. Only where a log file begins it is synced, so that there is always
 * one for the file that was written last.
 *
 * <pre>
 * "CSYN" int, version 1 int, first zxid of the log file long, offset in it long, last zxid long,
 * Adler32 of all before long
 * </pre>
 *
 * @param logZxid which log file: the zxid in its name
 * @param offset all before it in that file is durable
 * @param zxid the last transaction that is durable
 */
record SyncedMark(long logZxid, long offset, long zxid) {
  private static final int MAGIC = 0x4353594e;
  private static final int VERSION = 1;
  private static final int LENGTH = 40;
  private static final int CHECKED_LENGTH = 32;

  /** Reads the mark in a directory; null when there is none, as where only Apache has written. */
  static @Nullable SyncedMark read(Disk disk, Path path) throws IOException {
    if (!disk.exists(path)) {
      return null;
    }
    byte[] bytes = new byte[LENGTH];
    try (DiskFile file = disk.openForRead(path)) {
      if (file.size() != LENGTH || Reads.fully(file, bytes, 0, LENGTH, 0) != LENGTH) {
        throw damaged(path, "size=" + file.size() + " expected=" + LENGTH);
      }
    }
    if (BigEndian.getInt(bytes, 0) != MAGIC || BigEndian.getInt(bytes, 4) != VERSION) {
      throw damaged(path, "not a mark of version " + VERSION);
    }
    if (BigEndian.getLong(bytes, CHECKED_LENGTH) != checksum(bytes)) {
      throw damaged(path, "wrong checksum");
    }
    return new SyncedMark(
        BigEndian.getLong(bytes, 8), BigEndian.getLong(bytes, 16), BigEndian.getLong(bytes, 24));
  }

  private static DamagedException damaged(Path path, String what) {
    return new DamagedException(
        path,
        0,
        what
            + "; it says how far the log was acknowledged. Delete it to start without that proof,"
            + " if you are sure of the log");
  }

  private void writeTo(byte[] bytes) {
    BigEndian.putInt(bytes, 0, MAGIC);
    BigEndian.putInt(bytes, 4, VERSION);
    BigEndian.putLong(bytes, 8, logZxid);
    BigEndian.putLong(bytes, 16, offset);
    BigEndian.putLong(bytes, 24, zxid);
    BigEndian.putLong(bytes, CHECKED_LENGTH, checksum(bytes));
  }

  private static long checksum(byte[] bytes) {
    Adler32 adler = new Adler32();
    adler.update(bytes, 0, CHECKED_LENGTH);
    return adler.getValue();
  }

  /** Puts the mark in place of an older one, whole or not at all, and durably. */
  void replace(Disk disk, Path path) throws IOException {
    byte[] bytes = new byte[LENGTH];
    writeTo(bytes);
    WholeFile.replace(disk, path, bytes);
  }

  /** The mark's file, kept open to be overwritten after each sync. */
  static final class Writer implements AutoCloseable {
    private final DiskFile file;
    private final byte[] bytes = new byte[LENGTH];
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);

    private Writer(DiskFile file) {
      this.file = file;
    }

    /** Opens the mark's file, with {@code first} durably in it. */
    static Writer open(Disk disk, Path path, SyncedMark first) throws IOException {
      first.replace(disk, path);
      return new Writer(disk.openForWrite(path));
    }

    /** Overwrites the mark; within one sector, so a power cut leaves the old or the new one. */
    void write(SyncedMark mark) throws IOException {
      mark.writeTo(bytes);
      buffer.clear();
      buffer.put(bytes).flip();
      file.write(buffer, 0);
    }

    void force() throws IOException {
      file.force(false);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
