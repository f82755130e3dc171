package conclave.storage;

import conclave.protocol.JuteReader;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.Restore;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.FileNames.SnapshotName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One start: the newest good snapshot, all transactions after it, and the proof that none is
 * missing.
 *
 * <p>The proof has five parts. Zxids follow each other without a gap from the snapshot to the end
 * of the log. Where an epoch begins, which numbers alone don't tell from a gap, there is no
 * snapshot whose name lies in between. Behind the last entry of the last file there is nothing,
 * zeros, or what an interrupted write leaves. The log reaches at least as far as the {@link
 * SyncedMark} says. And it reaches at least as far as every snapshot's name says, readable or not.
 */
final class Recovery {
  private static final int REWRITE_BYTES = 256 << 10;

  private final Disk disk;
  private final StorageOptions options;
  private final Path snapshotDirectory;
  private final Path logDirectory;
  private final Snapshots snapshots;
  private final StateConfig config;
  private final Notices notices;
  private final List<String> warnings = new ArrayList<>();

  /** Whether somebody else has decided already that no data is a beginning. */
  private boolean mayBegin;

  /** Nothing later is read. */
  private long limit = Long.MAX_VALUE;

  /** The first transaction that is there and later than that. */
  private long beyond = Long.MAX_VALUE;

  /** All snapshots, good or bad. */
  private List<SnapshotName> named = List.of();

  private @Nullable SyncedMark mark;

  /** What the mark could say now that what was read has been made durable. */
  private @Nullable SyncedMark reached;

  private long lastZxid;
  private long replayed;

  Recovery(
      Disk disk,
      StorageOptions options,
      Path snapshotDirectory,
      Path logDirectory,
      Snapshots snapshots,
      StateConfig config,
      Notices notices) {
    this.disk = disk;
    this.options = options;
    this.snapshotDirectory = snapshotDirectory;
    this.logDirectory = logDirectory;
    this.snapshots = snapshots;
    this.config = config;
    this.notices = notices;
  }

  /** The same, but where there is no data it begins with an empty state and doesn't ask. */
  Recovered runOrBegin() {
    mayBegin = true;
    return run();
  }

  Recovered run() {
    try {
      return recover();
    } catch (IOException e) {
      throw new StorageFailedException("can't recover from", logDirectory, e);
    }
  }

  /**
   * The state at {@code zxid}, or at the last transaction before it where there is none of that
   * number. Changes nothing on disk. All that is there must be durable.
   *
   * @throws DamagedException when it can't be made of what is there
   */
  Recovered upTo(long zxid) throws IOException {
    limit = zxid;
    mark = SyncedMark.read(disk, logDirectory.resolve(FileNames.SYNCED_MARK));
    named = Snapshots.list(disk, snapshotDirectory);
    List<SnapshotName> found = new ArrayList<>(named);
    found.removeIf(snapshot -> snapshot.zxid() > zxid);
    if (found.isEmpty()) {
      throw new DamagedException(
          snapshotDirectory,
          "can't go back to " + Zxids.hex(zxid) + ": all snapshots are later than that");
    }
    StateMachine state = restoreNewest(found);
    long snapshotZxid = state.lastAppliedZxid();
    lastZxid = snapshotZxid;
    replay(Snapshots.listLogs(disk, logDirectory), state);
    checkNamesReached(found);
    // What is to stay must be all up to there: a log that ended early would take more away.
    if (lastZxid != zxid
        && (beyond != Long.MAX_VALUE && !Zxids.follows(lastZxid, beyond)
            || Snapshots.anyBetween(named, lastZxid, beyond))) {
      throw new DamagedException(
          logDirectory,
          "can't go back to "
              + Zxids.hex(zxid)
              + ": what comes after "
              + Zxids.hex(lastZxid)
              + " is missing");
    }
    state.recountQuotas();
    return new Recovered(state, lastZxid, snapshotZxid, replayed, false, List.copyOf(warnings));
  }

  private Recovered recover() throws IOException {
    // A server that was killed may have left names that are not durable yet; what follows relies on
    // them.
    disk.forceDirectory(snapshotDirectory);
    disk.forceDirectory(logDirectory);
    SnapshotName installed = new Installation(disk, snapshotDirectory, logDirectory).resume();
    if (installed != null) {
      warnings.add(
          "finished what had begun before: the snapshot "
              + installed.name()
              + " took the place of all that was here");
    }
    checkNames();
    mark = SyncedMark.read(disk, logDirectory.resolve(FileNames.SYNCED_MARK));
    List<SnapshotName> found = Snapshots.list(disk, snapshotDirectory);
    named = found;
    List<Long> logs = withoutEmptyLast(Snapshots.listLogs(disk, logDirectory));
    boolean fresh = found.isEmpty() && logs.isEmpty();
    if (fresh && !mayBegin) {
      checkMayBeFresh();
    } else if (!fresh && found.isEmpty()) {
      checkTrustsLogsAlone(logs);
    }
    StateMachine state = found.isEmpty() ? begin() : restoreNewest(found);
    long snapshotZxid = state.lastAppliedZxid();
    lastZxid = snapshotZxid;
    replay(logs, state);
    checkReached(found);
    advanceMark();
    forget(fresh);
    // Replaying onto a snapshot of Apache's, which is not of one moment, counts some znodes twice.
    state.recountQuotas();
    return new Recovered(state, lastZxid, snapshotZxid, replayed, fresh, List.copyOf(warnings));
  }

  /** A log whose name says nothing can't be put in order, so it can't be proven needless either. */
  private void checkNames() throws IOException {
    for (String name : disk.list(logDirectory)) {
      if (name.startsWith(FileNames.LOG_PREFIX)
          && !name.equals(FileNames.log(FileNames.zxidOfLog(name)))) {
        throw new DamagedException(
            logDirectory.resolve(name),
            "this is not the name of a log file; move it away or give it its name back");
      }
    }
    for (String name : disk.list(snapshotDirectory)) {
      if (name.startsWith(FileNames.SNAPSHOT_PREFIX) && FileNames.snapshotOf(name) == null) {
        warnings.add("passed over " + snapshotDirectory.resolve(name) + ": not a snapshot's name");
      }
    }
  }

  private void checkMayBeFresh() throws IOException {
    SyncedMark m = mark;
    if (m != null && m.zxid() > 0) {
      throw endsTooEarly(0, m.zxid());
    }
    if (!options.createDatabase() && !disk.exists(initializeFile())) {
      throw new DataDirectoryException(
          "there is no data in "
              + snapshotDirectory
              + ", and db.autocreate=false says not to start empty; make a file "
              + initializeFile()
              + " to do so once");
    }
  }

  private void checkTrustsLogsAlone(List<Long> logs) {
    if (!options.trustEmptySnapshot()) {
      throw new DamagedException(
          snapshotDirectory,
          "there is no snapshot, but there are logs from "
              + FileNames.log(logs.get(0))
              + " on; snapshot.trust.empty=true replays them onto an empty tree");
    }
    warnings.add("replaying logs without a snapshot, as snapshot.trust.empty=true says");
  }

  /** An empty state, and the snapshot of it that every later start begins with. */
  private StateMachine begin() throws IOException {
    StateMachine empty = new StateMachine(config, notices);
    snapshots.write(empty.beginSnapshot(), new ReentrantLock());
    return empty;
  }

  private Path initializeFile() {
    return options.dataLogDir().resolve(FileNames.INITIALIZE);
  }

  /** Removes what was for one start only, now that all is durable. */
  private void forget(boolean fresh) throws IOException {
    if (disk.exists(initializeFile())) {
      disk.delete(initializeFile());
      if (fresh) {
        disk.forceDirectory(options.dataLogDir());
      }
    }
    for (Path directory : List.of(snapshotDirectory, logDirectory)) {
      for (String name : disk.list(directory)) {
        if (name.endsWith(FileNames.UNFINISHED_SUFFIX)) {
          disk.delete(directory.resolve(name));
        }
      }
    }
  }

  /** The state in the newest snapshot that is good. */
  private StateMachine restoreNewest(List<SnapshotName> found) {
    for (SnapshotName snapshot : found) {
      Path path = snapshotDirectory.resolve(snapshot.name());
      Restore restore = StateMachine.restore(config, notices);
      RestoreTarget target = new RestoreTarget(restore);
      try (DiskFile file = disk.openForRead(path)) {
        SnapshotReader.read(file, snapshot.compression(), target);
        if (target.digestZxid() <= limit) {
          return restore.finish(snapshot.zxid());
        }
        warnings.add("the snapshot " + path + " has effects of " + Zxids.hex(target.digestZxid()));
      } catch (IOException | MalformedRecordException e) {
        warnings.add("the snapshot " + path + " can't be used: " + e.getMessage());
      }
    }
    throw new DamagedException(snapshotDirectory, "no snapshot is good: " + warnings);
  }

  /**
   * Takes away a newest log file in which no entry was ever begun: the server ended between making
   * the file and using it.
   */
  private List<Long> withoutEmptyLast(List<Long> logs) throws IOException {
    if (logs.isEmpty()) {
      return logs;
    }
    long newest = logs.get(logs.size() - 1);
    Path path = logDirectory.resolve(FileNames.log(newest));
    boolean empty;
    try (LogScanner scanner = LogScanner.open(disk, path, options.maxEntryBytes())) {
      // A header that a power cut tore is zeros, or cut short.
      boolean header = scanner.hasHeader();
      empty =
          scanner.fileLength() < LogFormat.HEADER_LENGTH
              || scanner.isZerosFrom(header ? LogFormat.HEADER_LENGTH : 0);
    }
    if (!empty || markOf(newest) > LogFormat.HEADER_LENGTH) {
      return logs;
    }
    disk.delete(path);
    disk.forceDirectory(logDirectory);
    warnings.add("deleted the log file " + path + ", in which nothing was written yet");
    return logs.subList(0, logs.size() - 1);
  }

  /** How much of a log file the mark says is durable; 0 when it says nothing of that file. */
  private long markOf(long firstZxid) {
    SyncedMark m = mark;
    return m != null && m.logZxid() == firstZxid ? m.offset() : 0;
  }

  private void replay(List<Long> logs, StateMachine state) throws IOException {
    int first = 0;
    while (first + 1 < logs.size() && logs.get(first + 1) <= lastZxid + 1) {
      first++;
    }
    long previousZxid = -1;
    for (int i = first; i < logs.size() && beyond == Long.MAX_VALUE; i++) {
      long nextFile = i + 1 < logs.size() ? logs.get(i + 1) : -1;
      if (logs.get(i) > limit) {
        beyond = logs.get(i);
      } else {
        previousZxid = replayFile(logs.get(i), previousZxid, nextFile, state);
      }
    }
  }

  /**
   * Replays one file.
   *
   * @param previousZxid the last zxid of the file before, or &minus;1
   * @param nextFile the first zxid of the next file, or &minus;1 when this is the last one
   * @return the last zxid in it
   */
  private long replayFile(long firstZxid, long previousZxid, long nextFile, StateMachine state)
      throws IOException {
    Path path = logDirectory.resolve(FileNames.log(firstZxid));
    long keep;
    long entriesEnd;
    long zxid = previousZxid;
    try (LogScanner scanner = LogScanner.open(disk, path, options.maxEntryBytes())) {
      if (!scanner.hasHeader()) {
        throw new DamagedException(path, 0, "it doesn't begin as a log file does");
      }
      boolean first = true;
      while (scanner.next()) {
        if (scanner.entryZxid() > limit) {
          beyond = scanner.entryZxid();
          return zxid;
        }
        checkOrder(path, scanner, first ? -1 : zxid, firstZxid, previousZxid);
        first = false;
        zxid = scanner.entryZxid();
        if (zxid > lastZxid) {
          replayEntry(path, scanner, state);
        }
      }
      keep = end(path, scanner, firstZxid, zxid, nextFile);
      entriesEnd = scanner.position();
    }
    if (nextFile < 0 && limit == Long.MAX_VALUE) {
      makeDurable(path, Math.max(markOf(firstZxid), LogFormat.HEADER_LENGTH), entriesEnd, keep);
      reached = new SyncedMark(firstZxid, entriesEnd, zxid);
    }
    return zxid;
  }

  private void checkOrder(
      Path path, LogScanner scanner, long before, long firstZxid, long previousFile) {
    long zxid = scanner.entryZxid();
    if (before < 0) {
      if (zxid != firstZxid || zxid <= previousFile) {
        throw new DamagedException(
            path,
            scanner.entryPosition(),
            "the first entry is " + Zxids.hex(zxid) + ", which is not what the file's name says");
      }
    } else if (!Zxids.follows(before, zxid)) {
      throw new DamagedException(
          path,
          scanner.entryPosition(),
          Zxids.hex(zxid) + " comes after " + Zxids.hex(before) + ": entries are missing");
    }
  }

  private void replayEntry(Path path, LogScanner scanner, StateMachine state) {
    long zxid = scanner.entryZxid();
    // Numbers don't tell how an epoch ended; a snapshot in between, though it can't be used, does.
    if (!Zxids.follows(lastZxid, zxid) || Snapshots.anyBetween(named, lastZxid, zxid)) {
      throw new DamagedException(
          path,
          scanner.entryPosition(),
          "the log goes on with "
              + Zxids.hex(zxid)
              + ", but the last one known is "
              + Zxids.hex(lastZxid)
              + ": a log file is missing");
    }
    LoggedTxn txn;
    try {
      txn =
          LoggedTxn.read(
              new JuteReader(scanner.entryArray(), scanner.entryOffset(), scanner.entryLength()));
    } catch (MalformedRecordException e) {
      // Its checksum is right, so it was written like this: by something newer, or by a mistake.
      throw new DamagedException(
          path, scanner.entryPosition(), "the entry can't be understood: " + e.getMessage());
    }
    state.apply(txn, EventSink.NONE);
    lastZxid = zxid;
    replayed++;
  }

  /**
   * Judges what stands behind the last entry.
   *
   * @return how long the file should be: its length, or less where a torn write is to be cut off
   */
  private long end(Path path, LogScanner scanner, long firstZxid, long zxid, long nextFile)
      throws IOException {
    long position = scanner.position();
    LogScanner.Tail tail = scanner.tail();
    if (nextFile >= 0) {
      // The next file proves the end of this one, when it goes on with the very next zxid.
      if (tail != LogScanner.Tail.CLEAN && nextFile != zxid + 1) {
        throw damagedEntry(path, position, zxid);
      }
      return scanner.fileLength();
    }
    long acknowledged = markOf(firstZxid);
    if (position < acknowledged) {
      throw damagedEntry(path, position, zxid);
    }
    if (tail == LogScanner.Tail.CLEAN) {
      return scanner.fileLength();
    }
    boolean entriesBehind = scanner.hasEntryBehind(zxid);
    boolean torn =
        acknowledged > 0
            ? tail == LogScanner.Tail.TORN || !entriesBehind
            : tail == LogScanner.Tail.TORN && !entriesBehind && !scanner.endsLikeAnEntry();
    if (!torn) {
      throw damagedEntry(path, position, zxid);
    }
    warnings.add(
        "cut the log file "
            + path
            + " at offset "
            + position
            + ": an interrupted write left a part of an entry there, which nobody was told of");
    return position;
  }

  private static DamagedException damagedEntry(Path path, long position, long lastGood) {
    return new DamagedException(
        path, position, "the entry after " + Zxids.hex(lastGood) + " is damaged");
  }

  /**
   * What was read may be in memory only, when the server ended without a power cut; before anybody
   * is served from it, it is on disk. After a sync that failed the operating system may count pages
   * as written that never were, and a second sync would do nothing; so what the mark doesn't vouch
   * for is written anew.
   */
  private void makeDurable(Path path, long from, long entriesEnd, long length) throws IOException {
    if (entriesEnd == LogFormat.HEADER_LENGTH) {
      disk.delete(path);
    } else {
      try (DiskFile file = disk.openForWrite(path)) {
        if (length < file.size()) {
          file.truncate(length);
        }
        rewrite(file, from, entriesEnd);
        file.force(true);
      }
    }
    disk.forceDirectory(logDirectory);
  }

  private static void rewrite(DiskFile file, long from, long to) throws IOException {
    byte[] bytes = new byte[(int) Math.min(REWRITE_BYTES, Math.max(0, to - from))];
    for (long at = from; at < to; ) {
      int count = Reads.fully(file, bytes, 0, (int) Math.min(bytes.length, to - at), at);
      file.write(ByteBuffer.wrap(bytes, 0, count), at);
      at += count;
    }
  }

  private void checkReached(List<SnapshotName> found) {
    SyncedMark m = mark;
    if (m != null && m.zxid() > lastZxid) {
      throw endsTooEarly(lastZxid, m.zxid());
    }
    checkNamesReached(found);
  }

  /**
   * From now on others may be told of everything that was read, so the mark has to vouch for it
   * too, and durably: what a server that was killed has written last is in memory only. Where there
   * is none, as in directories of Apache's, the stricter rules go on to hold.
   */
  private void advanceMark() throws IOException {
    SyncedMark before = mark;
    SyncedMark now = reached;
    if (before == null || now == null || now.zxid() < before.zxid()) {
      return;
    }
    Path path = logDirectory.resolve(FileNames.SYNCED_MARK);
    if (now.equals(before)) {
      try (DiskFile file = disk.openForWrite(path)) {
        file.force(false);
      }
    } else {
      now.replace(disk, path);
    }
  }

  private void checkNamesReached(List<SnapshotName> found) {
    if (!found.isEmpty() && found.get(0).zxid() > lastZxid) {
      throw new DamagedException(
          snapshotDirectory.resolve(found.get(0).name()),
          "it can't be used, and the log ends before it, at " + Zxids.hex(lastZxid));
    }
  }

  private DamagedException endsTooEarly(long zxid, long acknowledged) {
    return new DamagedException(
        logDirectory,
        "the log ends at "
            + Zxids.hex(zxid)
            + ", but it was acknowledged up to "
            + Zxids.hex(acknowledged)
            + ": files are missing or were cut. To go on with less, delete "
            + logDirectory.resolve(FileNames.SYNCED_MARK));
  }
}
