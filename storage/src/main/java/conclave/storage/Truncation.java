package conclave.storage;

import conclave.storage.FileNames.SnapshotName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the end of the log away, because the ensemble went on without it. Each step is durable
 * before the next, and after each a start finds a log without a gap that reaches at least as far as
 * asked: a truncation that was interrupted is simply asked for again.
 */
final class Truncation {
  private final Disk disk;
  private final StorageOptions options;
  private final Path snapshotDirectory;
  private final Path logDirectory;

  Truncation(Disk disk, StorageOptions options, Path snapshotDirectory, Path logDirectory) {
    this.disk = disk;
    this.options = options;
    this.snapshotDirectory = snapshotDirectory;
    this.logDirectory = logDirectory;
  }

  /**
   * Takes away all transactions after {@code zxid}. The log must be closed.
   *
   * @param left the state that is left, as it was read from disk
   */
  void run(long zxid, Recovered left) throws IOException {
    deleteSnapshotsAfter(left.snapshotZxid());
    List<Long> logs = Snapshots.listLogs(disk, logDirectory);
    int last = logs.size() - 1;
    while (last >= 0 && logs.get(last) > zxid) {
      last--;
    }
    Cut cut = last < 0 ? null : find(logs.get(last), zxid);
    lowerMark(cut, zxid, left.lastZxid());
    for (int i = logs.size() - 1; i > last; i--) {
      // The newest first, and each for good: a hole in the middle would be a refusal at the next
      // start.
      disk.delete(logDirectory.resolve(FileNames.log(logs.get(i))));
      disk.forceDirectory(logDirectory);
    }
    if (cut != null) {
      try (DiskFile file = disk.openForWrite(logDirectory.resolve(FileNames.log(cut.firstZxid)))) {
        file.truncate(cut.offset);
        file.force(true);
      }
    }
  }

  /**
   * They would bring back what is taken away (ZOOKEEPER-4837), or can't be used anyway. One that
   * Apache wrote while it went on may do so even under the name of an earlier transaction.
   */
  private void deleteSnapshotsAfter(long zxid) throws IOException {
    for (SnapshotName snapshot : Snapshots.list(disk, snapshotDirectory)) {
      if (snapshot.zxid() > zxid) {
        disk.delete(snapshotDirectory.resolve(snapshot.name()));
      }
    }
    disk.forceDirectory(snapshotDirectory);
  }

  /** Where to cut a file: behind the entry {@code zxid}. */
  private record Cut(long firstZxid, long offset, long zxid) {}

  private @Nullable Cut find(long firstZxid, long zxid) throws IOException {
    Path path = logDirectory.resolve(FileNames.log(firstZxid));
    long offset = LogFormat.HEADER_LENGTH;
    long found = 0;
    try (LogScanner scanner = LogScanner.open(disk, path, options.maxEntryBytes())) {
      while (scanner.next() && scanner.entryZxid() <= zxid) {
        offset = scanner.position();
        found = scanner.entryZxid();
      }
    }
    return offset == LogFormat.HEADER_LENGTH ? null : new Cut(firstZxid, offset, found);
  }

  /** First of all the server takes back what it said of the end of the log. */
  private void lowerMark(@Nullable Cut cut, long zxid, long left) throws IOException {
    Path path = logDirectory.resolve(FileNames.SYNCED_MARK);
    SyncedMark mark = SyncedMark.read(disk, path);
    if (mark != null && mark.zxid() > zxid) {
      SyncedMark lower =
          cut == null
              ? new SyncedMark(0, 0, left)
              : new SyncedMark(cut.firstZxid, cut.offset, cut.zxid);
      lower.replace(disk, path);
    }
  }
}
