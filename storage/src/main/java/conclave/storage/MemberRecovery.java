package conclave.storage;

import conclave.storage.EpochFiles.Epochs;
import conclave.storage.IncompleteMarker.Lost;
import conclave.storage.Member.Standing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One start of a member of an ensemble. What a server that is alone would refuse, a member survives
 * because the others have what it lost: it puts what can't be used aside, begins with what is left,
 * and remembers that its word counts for nothing until a leader has filled it.
 *
 * <p>Every step comes after the durable note that the member is not whole; so a start that is
 * interrupted is followed by one that knows.
 */
final class MemberRecovery {
  private static final int MOST_ATTEMPTS = 4;

  private final Disk disk;
  private final StorageOptions options;
  private final Path snapshotDirectory;
  private final Path logDirectory;
  private final Path mark;
  private final Path proofOfMembership;
  private final EpochFiles epochFiles;
  private final IncompleteMarker marker;
  private final List<String> said = new ArrayList<>();

  private @Nullable Aside aside;

  /** What the mark, the best witness, says of the epoch that the log was in. */
  private long epochOfMark;

  MemberRecovery(Disk disk, StorageOptions options, Path snapshotDirectory, Path logDirectory) {
    this.disk = disk;
    this.options = options;
    this.snapshotDirectory = snapshotDirectory;
    this.logDirectory = logDirectory;
    this.mark = logDirectory.resolve(FileNames.SYNCED_MARK);
    this.proofOfMembership = snapshotDirectory.resolve(FileNames.MEMBER);
    this.epochFiles = new EpochFiles(disk, snapshotDirectory);
    this.marker = new IncompleteMarker(disk, snapshotDirectory);
  }

  /** Makes the state out of the files, as often as it is asked for. */
  interface Loader {
    Recovered load();
  }

  Member run(Loader loader) throws IOException {
    // What a start that was killed left may not be durable yet.
    disk.forceDirectory(snapshotDirectory);
    disk.forceDirectory(logDirectory);
    Set<Lost> before = marker.read();
    if (!before.isEmpty()) {
      said.add("this member was not whole when it ended, and no leader has filled it since");
    }
    if (hasData()) {
      checkMark();
    } else {
      checkMayBeEmpty();
    }
    Recovered recovered = load(loader);
    Epochs epochs = loadEpochs(recovered.lastZxid());
    remember(recovered.lastZxid());
    Set<Lost> lost = marker.read();
    Standing standing =
        lost.isEmpty()
            ? Standing.WHOLE
            : lost.equals(Set.of(Lost.BEGINNING)) ? Standing.UNINITIALIZED : Standing.INCOMPLETE;
    return new Member(recovered.withWarnings(said), epochs, standing, lost.contains(Lost.PROMISE));
  }

  private boolean hasData() throws IOException {
    return disk.exists(snapshotDirectory.resolve(FileNames.INSTALLING))
        || !Aside.files(disk, snapshotDirectory, FileNames.SNAPSHOT_PREFIX).isEmpty()
        || !Aside.files(disk, logDirectory, FileNames.LOG_PREFIX).isEmpty();
  }

  /**
   * A member that has run before has left a mark beside its log, even if that was empty. Where it
   * is gone the log may be gone with it, as when a disk was replaced.
   */
  private void checkMark() throws IOException {
    if (disk.exists(proofOfMembership) && !disk.exists(mark)) {
      lost(
          Lost.HISTORY,
          "there is no " + mark + ", so the transaction log may be gone or be an older one");
    }
    if (initializing() && marker.read().equals(Set.of(Lost.BEGINNING)) && holdsNothing()) {
      marker.delete();
    }
  }

  private boolean holdsNothing() throws IOException {
    return Snapshots.listLogs(disk, logDirectory).isEmpty()
        && Snapshots.list(disk, snapshotDirectory).stream().allMatch(s -> s.zxid() == 0);
  }

  private boolean initializing() throws IOException {
    return disk.exists(options.dataLogDir().resolve(FileNames.INITIALIZE));
  }

  /** No data: nothing was ever here, or it is lost. */
  private void checkMayBeEmpty() throws IOException {
    SyncedMark acknowledged = readMark();
    if (acknowledged != null && acknowledged.zxid() > 0) {
      loseHistory(
          "there are no snapshots and no logs, but "
              + mark
              + " says that transactions were acknowledged up to "
              + Zxids.hex(acknowledged.zxid()));
    } else if (initializing()) {
      // An operator's word, which Apache takes as well.
      marker.delete();
      if (disk.exists(proofOfMembership)) {
        disk.delete(proofOfMembership);
      }
    } else if (disk.exists(proofOfMembership) || epochFiles.tellOfAnEnsemble()) {
      loseHistory(
          "there are no snapshots and no logs, but this server was a member of an ensemble before");
    } else if (!marker.read().isEmpty()) {
      said.add("there are no snapshots and no logs");
    } else if (!options.createDatabase()) {
      lost(
          Lost.BEGINNING,
          "there is no data, and db.autocreate=false says not to count that as a beginning");
    }
  }

  /** The mark; null as well where it is damaged, which loading finds out. */
  private @Nullable SyncedMark readMark() throws IOException {
    try {
      return SyncedMark.read(disk, mark);
    } catch (DamagedException e) {
      return null;
    }
  }

  private Recovered load(Loader loader) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return loader.load();
      } catch (DamagedException e) {
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
        if (e.path().equals(mark)) {
          // The log may be good, and then the leader has less to send; but nothing proves it.
          lost(Lost.HISTORY, String.valueOf(e.getMessage()));
          aside(List.of(mark));
        } else {
          loseHistory(String.valueOf(e.getMessage()));
        }
      }
    }
  }

  /**
   * Nothing that is here can be used, and the epoch that it was in is not this server's any more.
   */
  private void loseHistory(String why) throws IOException {
    lost(Lost.HISTORY, why);
    SyncedMark acknowledged = readMark();
    if (acknowledged != null) {
      epochOfMark = acknowledged.zxid() >>> 32;
    }
    List<Path> files =
        Aside.files(disk, snapshotDirectory, FileNames.SNAPSHOT_PREFIX, FileNames.INSTALLING);
    files.addAll(Aside.files(disk, logDirectory, FileNames.LOG_PREFIX));
    files.add(mark);
    files.addAll(epochFiles.currentFiles());
    aside(files);
  }

  private Epochs loadEpochs(long lastZxid) throws IOException {
    if (marker.read().contains(Lost.HISTORY) && epochFiles.knowAccepted()) {
      epochFiles.beginAgain();
    }
    try {
      if (disk.exists(proofOfMembership) && !epochFiles.exist()) {
        throw new DamagedException(snapshotDirectory, "the epoch files are missing");
      }
      return epochFiles.load(lastZxid);
    } catch (DamagedException e) {
      lost(
          Lost.PROMISE,
          e.getMessage() + ": this server may have promised to follow a later epoch than it knows");
      aside(epochFiles.unusable());
      return epochFiles.repair(lastZxid, epochOfMark);
    }
  }

  /** From now on, what is missing here was lost. */
  private void remember(long lastZxid) throws IOException {
    if (!disk.exists(mark)) {
      new SyncedMark(0, 0, lastZxid).replace(disk, mark);
    }
    if (!disk.exists(proofOfMembership)) {
      WholeFile.replace(disk, proofOfMembership, new byte[0]);
    }
  }

  private void lost(Lost what, String why) throws IOException {
    said.add(why);
    marker.add(what);
  }

  private void aside(List<Path> files) throws IOException {
    Aside to = aside;
    if (to == null) {
      to = new Aside(disk, List.of(snapshotDirectory, logDirectory), said);
      aside = to;
    }
    to.put(files);
  }
}
