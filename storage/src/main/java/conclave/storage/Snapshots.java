package conclave.storage;

import conclave.protocol.MalformedRecordException;
import conclave.state.SnapshotImage;
import conclave.storage.FileNames.SnapshotName;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;

/**
 * The snapshots: writing, and throwing away old ones. Used by one background thread.
 *
 * <p>A snapshot that fails is no reason to stop: what was acknowledged is in the log. The exception
 * goes to whoever asked, who tries again later.
 */
public final class Snapshots {
  private static final int FEWEST_KEPT = 3;

  private final Disk disk;
  private final Path directory;
  private final Path logDirectory;
  private final StorageOptions options;

  /** Files that were read whole and found good by this process. */
  private final Set<String> verified = new HashSet<>();

  /** Held while names change, so that none does after {@link #end}. */
  private final Object names = new Object();

  private boolean ended;

  Snapshots(Disk disk, Path directory, Path logDirectory, StorageOptions options) {
    this.disk = disk;
    this.directory = directory;
    this.logDirectory = logDirectory;
    this.options = options;
  }

  /**
   * The snapshots in a server's directories, for whoever looks at them from outside; a server may
   * be running there. Nobody writes through this one.
   *
   * @param dataDir as in zoo.cfg, without {@code version-2}; so is {@code dataLogDir}
   */
  public static Snapshots at(Disk disk, Path dataDir, Path dataLogDir) throws IOException {
    Path directory = dataDir.resolve(FileNames.VERSION_DIRECTORY);
    Path logDirectory = dataLogDir.resolve(FileNames.VERSION_DIRECTORY);
    for (Path each : List.of(directory, logDirectory)) {
      if (!disk.exists(each)) {
        throw new DataDirectoryException(
            each + " is no directory; give the dataDir and dataLogDir of a server's zoo.cfg");
      }
    }
    return new Snapshots(disk, directory, logDirectory, StorageOptions.in(dataDir));
  }

  /**
   * Writes a snapshot of everything in {@code image}. When this returns it is on disk, read back
   * and found good, and has its name for good.
   *
   * @param image read from beginning to end; the caller closes it when this throws
   * @param shared the lock under which the image may be read; taken for short times only
   * @return its file
   * @throws IOException when that did not work; nothing has changed then
   */
  public Path write(SnapshotImage image, Lock shared) throws IOException {
    Path unfinished = directory.resolve("conclave.snapshot" + FileNames.UNFINISHED_SUFFIX);
    if (disk.exists(unfinished)) {
      disk.delete(unfinished);
    }
    writeTo(unfinished, image, shared);
    String name = FileNames.snapshot(image.zxid(), options.compression());
    Path path = directory.resolve(name);
    synchronized (names) {
      checkNotEnded();
      disk.rename(unfinished, path);
      disk.forceDirectory(directory);
    }
    verified.add(name);
    return path;
  }

  /** Makes a new file with a snapshot in it, forced and read back; its name is not durable. */
  void writeTo(Path path, SnapshotImage image, Lock shared) throws IOException {
    try (DiskFile file = disk.create(path)) {
      DiskStreams.Output out = DiskStreams.output(file);
      SnapshotWriter.write(image, shared, options, out);
      out.flush();
      file.force(true);
    }
    SnapshotCheck check = new SnapshotCheck();
    verify(path, options.compression(), check);
    if (check.nodeCount() != image.nodeCount()) {
      throw new IllegalStateException(
          "written=" + check.nodeCount() + " nodeCount=" + image.nodeCount());
    }
  }

  /**
   * The history that these snapshots are of is about to be another one: from now on nothing that a
   * background thread is still doing here changes any name. Such a snapshot would bring back what
   * is taken away.
   */
  void end() {
    synchronized (names) {
      ended = true;
    }
  }

  private void checkNotEnded() throws IOException {
    if (ended) {
      throw new IOException("the history was cut or replaced meanwhile");
    }
  }

  /** Streams a snapshot to somebody else, in the bytes that its file would have. */
  public void write(SnapshotImage image, Lock shared, OutputStream to) throws IOException {
    SnapshotWriter.write(image, shared, options.withCompression(Compression.NONE), to);
  }

  private void verify(Path path, Compression compression, SnapshotCheck check) throws IOException {
    try (DiskFile file = disk.openForRead(path)) {
      SnapshotReader.read(file, compression, check);
    } catch (MalformedRecordException e) {
      throw new IOException(path + " is not a whole snapshot: " + e.getMessage());
    }
  }

  /** Names of the snapshots, newest first. */
  static List<SnapshotName> list(Disk disk, Path directory) throws IOException {
    List<SnapshotName> names = new ArrayList<>();
    for (String name : disk.list(directory)) {
      SnapshotName snapshot = FileNames.snapshotOf(name);
      if (snapshot != null) {
        names.add(snapshot);
      }
    }
    names.sort(Comparator.comparingLong(SnapshotName::zxid).reversed());
    return names;
  }

  /** Whether the name of any of them proves that there was something between two transactions. */
  static boolean anyBetween(List<SnapshotName> snapshots, long after, long before) {
    for (SnapshotName snapshot : snapshots) {
      if (snapshot.zxid() > after && snapshot.zxid() < before) {
        return true;
      }
    }
    return false;
  }

  /** First zxids of the log files, ascending. */
  static List<Long> listLogs(Disk disk, Path directory) throws IOException {
    List<Long> zxids = new ArrayList<>();
    for (String name : disk.list(directory)) {
      long zxid = FileNames.zxidOfLog(name);
      if (zxid >= 0) {
        zxids.add(zxid);
      }
    }
    zxids.sort(Comparator.naturalOrder());
    return zxids;
  }

  /**
   * Deletes the snapshots older than the {@code retain} newest good ones, and the log files that
   * none of those needs. A snapshot that can't be read doesn't count (ZOOKEEPER-3231).
   *
   * @param retain how many to keep ({@code autopurge.snapRetainCount}); fewer than 3 counts as 3
   * @return the deleted files
   * @throws IOException when the disk reports an error, or the history is another one now
   */
  public List<Path> purge(int retain) throws IOException {
    long oldestKept = oldestKept(Math.max(retain, FEWEST_KEPT));
    synchronized (names) {
      checkNotEnded();
      return oldestKept < 0 ? List.of() : purgeBefore(oldestKept);
    }
  }

  /**
   * What {@link #purge} would delete, without deleting it.
   *
   * @throws IOException when the disk reports an error
   */
  public List<Path> purgeable(int retain) throws IOException {
    long oldestKept = oldestKept(Math.max(retain, FEWEST_KEPT));
    if (oldestKept < 0) {
      return List.of();
    }
    List<Path> files = new ArrayList<>();
    for (SnapshotName snapshot : list(disk, directory)) {
      if (snapshot.zxid() < oldestKept) {
        files.add(directory.resolve(snapshot.name()));
      }
    }
    files.addAll(needlessLogs(oldestKept));
    return files;
  }

  private List<Path> purgeBefore(long oldestKept) throws IOException {
    List<Path> deleted = new ArrayList<>();
    // What is kept needs nothing of what goes, so a power cut may leave any part of it.
    for (SnapshotName snapshot : list(disk, directory)) {
      if (snapshot.zxid() < oldestKept) {
        deleted.add(delete(directory.resolve(snapshot.name())));
        verified.remove(snapshot.name());
      }
    }
    if (!deleted.isEmpty()) {
      disk.forceDirectory(directory);
    }
    deleted.addAll(purgeLogs(oldestKept));
    return deleted;
  }

  private List<Path> purgeLogs(long oldestKept) throws IOException {
    List<Path> deleted = needlessLogs(oldestKept);
    for (Path log : deleted) {
      disk.delete(log);
    }
    if (!deleted.isEmpty()) {
      disk.forceDirectory(logDirectory);
    }
    return deleted;
  }

  private List<Path> needlessLogs(long oldestKept) throws IOException {
    List<Path> needless = new ArrayList<>();
    List<Long> logs = listLogs(disk, logDirectory);
    // A file is needless when the next one begins no later than what follows the snapshot.
    for (int i = 0; i + 1 < logs.size() && logs.get(i + 1) <= oldestKept + 1; i++) {
      needless.add(logDirectory.resolve(FileNames.log(logs.get(i))));
    }
    return needless;
  }

  private Path delete(Path path) throws IOException {
    disk.delete(path);
    return path;
  }

  /** The zxid of the n-th newest good snapshot, or &minus;1 when there are fewer. */
  private long oldestKept(int retain) throws IOException {
    int good = 0;
    for (SnapshotName snapshot : list(disk, directory)) {
      if (isGood(snapshot) && ++good == retain) {
        return snapshot.zxid();
      }
    }
    return -1;
  }

  private boolean isGood(SnapshotName snapshot) {
    if (verified.contains(snapshot.name())) {
      return true;
    }
    try {
      verify(directory.resolve(snapshot.name()), snapshot.compression(), new SnapshotCheck());
    } catch (IOException unreadable) {
      return false;
    }
    verified.add(snapshot.name());
    return true;
  }
}
