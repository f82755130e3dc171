package conclave.storage;

import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.FileNames.SnapshotName;
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

  private final IncompleteMarker incomplete;

  private @Nullable TxnLog log;
  private @Nullable Snapshots snapshots;

  private Storage(StorageOptions options, Disk disk, List<Disk.Lock> locks) {
    this.disk = disk;
    this.options = options;
    this.snapshotDirectory = snapshotDirectory(options);
    this.logDirectory = logDirectory(options);
    this.incomplete = new IncompleteMarker(disk, snapshotDirectory);
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
    checkNotRecovered();
    try {
      if (incomplete()) {
        throw new DamagedException(
            snapshotDirectory.resolve(FileNames.INCOMPLETE),
            "as a member of an ensemble this server lost data, and was not filled again. To serve"
                + " what is left, delete this file");
      }
    } catch (IOException e) {
      throw new StorageFailedException("can't read", snapshotDirectory, e);
    }
    Snapshots writer = new Snapshots(disk, snapshotDirectory, logDirectory, options);
    return begin(writer, recovery(writer, config, notices).run());
  }

  /**
   * Makes the state that a member of an ensemble had, or puts what can't be used aside and begins
   * with less: then it is {@linkplain Member.Standing not whole}, over restarts too, until somebody
   * calls {@link #complete}. Called once, instead of {@link #recover}.
   *
   * @throws StorageFailedException when the disk reports an error
   */
  public Member recoverMember(StateConfig config, Notices notices) {
    checkNotRecovered();
    Snapshots writer = new Snapshots(disk, snapshotDirectory, logDirectory, options);
    try {
      Member member =
          new MemberRecovery(disk, options, snapshotDirectory, logDirectory)
              .run(() -> recovery(writer, config, notices).runOrBegin());
      begin(writer, member.recovered());
      return member;
    } catch (IOException e) {
      throw new StorageFailedException("can't recover from", logDirectory, e);
    }
  }

  /**
   * A leader has filled this member: all that the leader began its epoch with is durable here, and
   * so are the epochs. From now on, restarts included, it is whole.
   */
  public void complete() {
    try {
      incomplete.delete();
    } catch (IOException e) {
      throw new StorageFailedException("can't delete a file in", snapshotDirectory, e);
    }
  }

  private boolean incomplete() throws IOException {
    return !incomplete.read().isEmpty();
  }

  private void checkNotRecovered() {
    if (log != null) {
      throw new IllegalStateException("recovered already");
    }
  }

  /**
   * Takes away all transactions after {@code zxid}, which the ensemble has not, and makes the state
   * anew from what is left; the one that was, the log and the snapshots are to be forgotten.
   * Interrupted at any moment, it leaves at least what is to stay.
   *
   * <p>Whoever was told to do this compares {@link Recovered#lastZxid} with {@code zxid}: it is
   * less where the log has no transaction of that number, and then what the leader sends next would
   * leave a gap.
   *
   * @throws DamagedException when the snapshots and logs that are old enough don't make that state;
   *     nothing has changed then, and the way out is to {@link #install} a snapshot of the leader
   */
  public Recovered truncate(long zxid, StateConfig config, Notices notices) {
    log().close();
    Snapshots writer = new Snapshots(disk, snapshotDirectory, logDirectory, options);
    try {
      Recovered recovered = recovery(writer, config, notices).upTo(zxid);
      snapshots().end();
      new Truncation(disk, options, snapshotDirectory, logDirectory).run(zxid, recovered);
      return begin(writer, recovered);
    } catch (IOException e) {
      throw new StorageFailedException("can't truncate", logDirectory, e);
    }
  }

  /**
   * Puts a state that came from the leader, or from an operator, in place of all that is on disk,
   * whether its zxids are greater or smaller. When this returns it is durable and nothing else is
   * there; the log and the snapshots that were are to be forgotten. Interrupted at any moment, it
   * leaves the old state or the new one, whole.
   *
   * @param state as of its last applied transaction; nobody else changes it meanwhile
   */
  public void install(StateMachine state) {
    log().close();
    snapshots().end();
    Snapshots writer = new Snapshots(disk, snapshotDirectory, logDirectory, options);
    try {
      new Installation(disk, snapshotDirectory, logDirectory)
          .run(state, writer, options.compression());
    } catch (IOException e) {
      throw new StorageFailedException("can't install a snapshot in", snapshotDirectory, e);
    }
    snapshots = writer;
    log = new TxnLog(disk, logDirectory, options, state.lastAppliedZxid());
  }

  private Recovery recovery(Snapshots writer, StateConfig config, Notices notices) {
    return new Recovery(disk, options, snapshotDirectory, logDirectory, writer, config, notices);
  }

  private Recovered begin(Snapshots writer, Recovered recovered) {
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

  /**
   * The transactions behind {@code after} up to {@code upTo}, for a learner. May be called by any
   * thread at any time, and while the log is written.
   *
   * @param after the last one that the learner has
   * @param upTo the last one that is wanted, which is in this server's own log and durable there;
   *     what others have committed need not be
   * @throws IOException when the log can't be read; the learner gets a snapshot then
   */
  public LogHistory history(long after, long upTo) throws IOException {
    return LogHistory.open(
        disk,
        logDirectory,
        options.maxEntryBytes(),
        Snapshots.list(disk, snapshotDirectory),
        after,
        upTo);
  }

  /**
   * How long the newest snapshot's file is, 0 where there is none. Where the history is longer than
   * a third of that, sending a snapshot costs less ({@code zookeeper.snapshotSizeFactor}). May be
   * called by any thread.
   */
  public long newestSnapshotBytes() throws IOException {
    List<SnapshotName> found = Snapshots.list(disk, snapshotDirectory);
    if (found.isEmpty()) {
      return 0;
    }
    try (DiskFile file = disk.openForRead(snapshotDirectory.resolve(found.get(0).name()))) {
      return file.size();
    }
  }

  /**
   * Takes down a snapshot that somebody hands in, one at a time; to be closed. Another thread may
   * write the log and the snapshots meanwhile.
   */
  public SnapshotIntake intake() throws IOException {
    return SnapshotIntake.begin(disk, snapshotDirectory);
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
