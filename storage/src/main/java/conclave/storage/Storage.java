package conclave.storage;

import conclave.state.Notices;
import conclave.state.StateConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data directories of one server: opened, then {@linkplain #recover recovered} once, then
 * written by a {@linkplain #log log} and a {@linkplain #snapshots snapshots} thread.
 *
 * <pre>
 * try (Storage storage = Storage.open(options, new RealDisk())) {
 *   StateMachine state = storage.recover(config, notices).state();
 *   TxnLog log = storage.log();
 *   log.append(txn); log.append(another); log.sync();
 *   log.roll();
 *   storage.snapshots().write(state.beginSnapshot(), sharedLock);
 *   storage.snapshots().purge(3);
 * }
 * </pre>
 *
 * <p>While it is open, no second server can open the same directories.
 */
public final class Storage implements AutoCloseable {
  private final Disk disk;
  private final StorageOptions options;
  private final Path snapshotDirectory;
  private final Path logDirectory;
  private final List<Disk.Lock> locks;

  private @Nullable TxnLog log;
  private @Nullable Snapshots snapshots;

  private Storage(StorageOptions options, Disk disk, List<Disk.Lock> locks) {
    this.disk = disk;
    this.options = options;
    this.snapshotDirectory = snapshotDirectory(options);
    this.logDirectory = logDirectory(options);
    this.locks = locks;
  }

  /**
   * Makes the directories where allowed, and locks them.
   *
   * @throws DataDirectoryException when one is missing, unusable, mixed up or in use
   */
  public static Storage open(StorageOptions options, Disk disk) {
    Path snapshotDirectory = snapshotDirectory(options);
    Path logDirectory = logDirectory(options);
    List<Disk.Lock> locks = new ArrayList<>();
    try {
      Directories.prepare(disk, snapshotDirectory, options.createDirectories());
      locks.add(disk.lock(snapshotDirectory.resolve(FileNames.LOCK)));
      if (!logDirectory.equals(snapshotDirectory)) {
        Directories.prepare(disk, logDirectory, options.createDirectories());
        locks.add(disk.lock(logDirectory.resolve(FileNames.LOCK)));
        Directories.checkNotMixedUp(disk, snapshotDirectory, logDirectory);
      }
      return new Storage(options, disk, locks);
    } catch (IOException e) {
      release(locks);
      throw new DataDirectoryException(
          "can't use the data directories " + snapshotDirectory + ", " + logDirectory + ": " + e,
          e);
    } catch (StorageException e) {
      release(locks);
      throw e;
    }
  }

  private static Path snapshotDirectory(StorageOptions options) {
    return options.dataDir().resolve(FileNames.VERSION_DIRECTORY);
  }

  private static Path logDirectory(StorageOptions options) {
    return options.dataLogDir().resolve(FileNames.VERSION_DIRECTORY);
  }

  /**
   * Makes the state that the server had: the newest good snapshot, then the log. All that is in it
   * is durable when this returns. Called once.
   *
   * @throws DamagedException when something is missing or damaged, so that less than was
   *     acknowledged would be served
   * @throws StorageFailedException when the disk reports an error
   */
  public Recovered recover(StateConfig config, Notices notices) {
    if (log != null) {
      throw new IllegalStateException("recovered already");
    }
    return load(config, notices);
  }

  /**
   * Takes away all transactions after {@code zxid}, which the ensemble has not, and makes the state
   * anew from what is left; the one that was, the log and the snapshots are to be forgotten.
   * Interrupted at any moment, it leaves at least what is to stay.
   *
   * @throws DamagedException when no snapshot is old enough
   */
  public Recovered truncate(long zxid, StateConfig config, Notices notices) {
    log().close();
    try {
      new Truncation(disk, options, snapshotDirectory, logDirectory).run(zxid);
    } catch (IOException e) {
      throw new StorageFailedException("can't truncate", logDirectory, e);
    }
    return load(config, notices);
  }

  private Recovered load(StateConfig config, Notices notices) {
    Snapshots writer = new Snapshots(disk, snapshotDirectory, logDirectory, options);
    Recovered recovered =
        new Recovery(disk, options, snapshotDirectory, logDirectory, writer, config, notices).run();
    snapshots = writer;
    log = new TxnLog(disk, logDirectory, options, recovered.lastZxid());
    return recovered;
  }

  /** The log; there after {@link #recover}. */
  public TxnLog log() {
    return afterRecovery(log);
  }

  /** The snapshots; there after {@link #recover}. */
  public Snapshots snapshots() {
    return afterRecovery(snapshots);
  }

  /** The epochs of a member of an ensemble. */
  public EpochFiles epochs() {
    return new EpochFiles(disk, snapshotDirectory);
  }

  private static <T> T afterRecovery(@Nullable T it) {
    if (it == null) {
      throw new IllegalStateException("not recovered yet");
    }
    return it;
  }

  /** Syncs and closes the log and gives the directories free. */
  @Override
  public void close() {
    try {
      if (log != null) {
        log.close();
      }
    } finally {
      release(locks);
    }
  }

  private static void release(List<Disk.Lock> locks) {
    for (Disk.Lock lock : locks) {
      try {
        lock.close();
      } catch (IOException endsWithTheProcess) {
        // Nothing is lost: the operating system gives the lock free when the process ends.
      }
    }
    locks.clear();
  }
}
