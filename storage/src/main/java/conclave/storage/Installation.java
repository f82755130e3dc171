package conclave.storage;

import conclave.protocol.BigEndian;
import conclave.state.StateMachine;
import conclave.storage.FileNames.SnapshotName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/**
 * Puts a whole state, which came from the leader, in place of everything that is on disk.
 *
 * <p>What is there may be the only copy but one of something that was acknowledged, and what comes
 * may have zxids that are smaller, greater or the same; no start may ever see less than one of the
 * two, nor a log of the one behind a snapshot of the other. So the new snapshot is first made
 * durable under a name that nobody looks at. Then a marker, {@code conclave.installing}, is written
 * durably: that is the moment at which the new state takes the place of the old one. A start that
 * finds the marker does the rest, as often as it takes: the snapshot gets its name, all other
 * snapshots and all logs go, and at last the marker.
 *
 * <pre>
 * "CINS" int, version 1 int, zxid long, how the snapshot is packed int, Adler32 of all before long
 * </pre>
 */
final class Installation {
  private static final int MAGIC = 0x43494e53;
  private static final int VERSION = 1;
  private static final int LENGTH = 28;
  private static final int CHECKED_LENGTH = 20;

  private final Disk disk;
  private final Path snapshotDirectory;
  private final Path logDirectory;
  private final Path content;
  private final Path marker;

  Installation(Disk disk, Path snapshotDirectory, Path logDirectory) {
    this.disk = disk;
    this.snapshotDirectory = snapshotDirectory;
    this.logDirectory = logDirectory;
    this.content = snapshotDirectory.resolve(FileNames.INSTALLING_SNAPSHOT);
    this.marker = snapshotDirectory.resolve(FileNames.INSTALLING);
  }

  /** The new state is on disk, and nothing else, when this returns. The log must be closed. */
  void run(StateMachine state, Snapshots snapshots, Compression compression) throws IOException {
    deleteIfThere(content);
    // Nobody else has this state yet, so nobody else needs the lock.
    snapshots.writeTo(content, state.beginSnapshot(), new ReentrantLock());
    disk.forceDirectory(snapshotDirectory);
    long zxid = state.lastAppliedZxid();
    WholeFile.replace(disk, marker, encode(zxid, compression));
    finish(new SnapshotName(FileNames.snapshot(zxid, compression), zxid, compression));
  }

  /**
   * Finishes what was interrupted, or forgets it where it had not come so far.
   *
   * @return what was finished, or null
   */
  @Nullable SnapshotName resume() throws IOException {
    if (!disk.exists(marker)) {
      if (disk.exists(content)) {
        disk.delete(content);
      }
      return null;
    }
    SnapshotName installed = read();
    finish(installed);
    return installed;
  }

  private void finish(SnapshotName installed) throws IOException {
    Path named = snapshotDirectory.resolve(installed.name());
    if (disk.exists(content)) {
      disk.rename(content, named);
      disk.forceDirectory(snapshotDirectory);
    } else if (!disk.exists(named)) {
      throw new DamagedException(
          named, "it is missing, though " + marker + " says that it took the place of all others");
    }
    for (SnapshotName other : Snapshots.list(disk, snapshotDirectory)) {
      if (!other.name().equals(installed.name())) {
        disk.delete(snapshotDirectory.resolve(other.name()));
      }
    }
    for (long log : Snapshots.listLogs(disk, logDirectory)) {
      disk.delete(logDirectory.resolve(FileNames.log(log)));
    }
    // Says nothing of a log, for there is none, but that all up to here was acknowledged.
    new SyncedMark(0, 0, installed.zxid())
        .replace(disk, logDirectory.resolve(FileNames.SYNCED_MARK));
    disk.forceDirectory(logDirectory);
    disk.forceDirectory(snapshotDirectory);
    disk.delete(marker);
    disk.forceDirectory(snapshotDirectory);
  }

  private void deleteIfThere(Path path) throws IOException {
    if (disk.exists(path)) {
      disk.delete(path);
    }
  }

  private static byte[] encode(long zxid, Compression compression) {
    byte[] bytes = new byte[LENGTH];
    BigEndian.putInt(bytes, 0, MAGIC);
    BigEndian.putInt(bytes, 4, VERSION);
    BigEndian.putLong(bytes, 8, zxid);
    BigEndian.putInt(bytes, 16, compression.ordinal());
    BigEndian.putLong(bytes, CHECKED_LENGTH, checksum(bytes));
    return bytes;
  }

  private SnapshotName read() throws IOException {
    byte[] bytes = new byte[LENGTH];
    int length;
    try (DiskFile file = disk.openForRead(marker)) {
      length = file.size() == LENGTH ? Reads.fully(file, bytes, 0, LENGTH, 0) : 0;
    }
    int compression = BigEndian.getInt(bytes, 16);
    if (length != LENGTH
        || BigEndian.getInt(bytes, 0) != MAGIC
        || BigEndian.getInt(bytes, 4) != VERSION
        || BigEndian.getLong(bytes, CHECKED_LENGTH) != checksum(bytes)
        || compression < 0
        || compression >= Compression.values().length) {
      throw new DamagedException(
          marker, 0, "it says which snapshot takes the place of all others, and can't be read");
    }
    long zxid = BigEndian.getLong(bytes, 8);
    Compression packed = Compression.values()[compression];
    return new SnapshotName(FileNames.snapshot(zxid, packed), zxid, packed);
  }

  private static long checksum(byte[] bytes) {
    Adler32 adler = new Adler32();
    adler.update(bytes, 0, CHECKED_LENGTH);
    return adler.getValue();
  }
}
