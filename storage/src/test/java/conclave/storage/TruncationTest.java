package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.SnapshotImage;
import conclave.state.StateMachine;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.PowerCut;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of the log is taken away, at every place, with the power going out at every call. */
class TruncationTest {
  private static final int TXNS = 70;
  private static final StorageOptions OPTIONS =
      new StorageOptions(
          Path.of("/data"),
          Path.of("/logs"),
          true,
          true,
          false,
          true,
          2048,
          1 << 20,
          Compression.NONE,
          true,
          true);

  private final Map<Long, Long> digests = new HashMap<>();
  private Map<Path, byte[]> files = Map.of();

  /** Log files from 1, 16, 31, 46 and 61 on, snapshots at 0, 30 and 60. */
  @BeforeEach
  void live() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      StateMachine state = recover(storage).state();
      digests.put(0L, state.digest());
      Workload workload = new Workload(6);
      for (long zxid = 1; zxid <= TXNS; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        storage.log().sync();
        state.apply(txn, EventSink.NONE);
        digests.put(zxid, state.digest());
        if (zxid % 15 == 0) {
          storage.log().roll();
        }
        if (zxid % 30 == 0) {
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
    }
    files = disk.files();
  }

  private static Recovered recover(Storage storage) {
    return storage.recover(Workload.CONFIG, Notices.NONE);
  }

  @Test
  void anywhere() throws IOException {
    for (long zxid = 0; zxid <= TXNS + 3; zxid++) {
      SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
      long left = Math.min(zxid, TXNS);
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        recover(storage);
        Recovered cut = storage.truncate(zxid, Workload.CONFIG, Notices.NONE);
        check(cut, left);
        // What comes instead is something else.
        storage.log().append(Workload.create(cut.state(), left + 1, 10));
        storage.log().sync();
      }
      try (Storage storage =
          Storage.open(OPTIONS, disk.afterPowerCut(new Random(zxid), Faults.NONE))) {
        Recovered recovered = recover(storage);
        assertThat(recovered.lastZxid()).isEqualTo(left + 1);
        assertThat(recovered.state().stat("/n" + (left + 1))).isNotNull();
      }
    }
  }

  private void check(Recovered recovered, long zxid) {
    assertThat(recovered.lastZxid()).isEqualTo(zxid);
    assertThat(recovered.state().digest()).isEqualTo(digests.get(zxid));
  }

  @Test
  void powerCutAtEveryCall() throws IOException {
    for (long zxid : new long[] {0, 3, 29, 30, 31, 47, 60, 65}) {
      boolean interrupted = true;
      for (int at = 1; interrupted; at++) {
        interrupted = false;
        for (int seed = 0; seed < 6; seed++) {
          Faults plan = Faults.at(Fault.POWER_CUT_BEFORE, at);
          SimulatedDisk disk = SimulatedDisk.of(files, plan);
          interrupted |= truncateInterrupted(disk, zxid);
          again(disk.afterPowerCut(new Random(seed), Faults.NONE), zxid);
        }
      }
    }
  }

  private boolean truncateInterrupted(SimulatedDisk disk, long zxid) throws IOException {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      check(storage.truncate(zxid, Workload.CONFIG, Notices.NONE), zxid);
      return false;
    } catch (PowerCut cut) {
      return true;
    }
  }

  private void again(SimulatedDisk disk, long zxid) throws IOException {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      Recovered left = recover(storage);
      assertThat(left.lastZxid()).isBetween(zxid, (long) TXNS);
      check(left, left.lastZxid());
      check(storage.truncate(zxid, Workload.CONFIG, Notices.NONE), zxid);
    }
  }

  /** What the snapshots and logs that are old enough don't make is refused, and nothing changes. */
  private void refusedUnchanged(Map<Path, byte[]> files, long zxid, String why) {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      assertThat(recover(storage).lastZxid()).isEqualTo(TXNS);
      Map<Path, byte[]> before = disk.files();
      assertThatThrownBy(() -> storage.truncate(zxid, Workload.CONFIG, Notices.NONE))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining(why);
      assertThat(disk.files()).usingRecursiveComparison().isEqualTo(before);
      // The leader's snapshot is the way out.
      StateMachine theirs = new StateMachine(Workload.CONFIG);
      theirs.apply(Workload.create(theirs, zxid, 10), EventSink.NONE);
      storage.install(theirs);
      assertThat(storage.log().appendedZxid()).isEqualTo(zxid);
    }
    try (Storage storage = Storage.open(OPTIONS, disk.afterKill(Faults.NONE))) {
      assertThat(recover(storage).lastZxid()).isEqualTo(zxid);
    }
  }

  private Map<Path, byte[]> without(String... paths) {
    Map<Path, byte[]> less = new HashMap<>(files);
    for (String path : paths) {
      assertThat(less.remove(Path.of(path))).isNotNull();
    }
    return less;
  }

  private Map<Path, byte[]> damaged(Map<Path, byte[]> files, String path, int at) {
    Map<Path, byte[]> worse = new HashMap<>(files);
    byte[] bytes = worse.get(Path.of(path)).clone();
    bytes[at] ^= 1;
    worse.put(Path.of(path), bytes);
    return worse;
  }

  @Test
  void notWithoutASnapshotThatIsOldEnough() {
    refusedUnchanged(without("/data/version-2/snapshot.0"), 29, "all snapshots are later");
  }

  @Test
  void notWithoutAGoodSnapshotThatIsOldEnough() {
    Map<Path, byte[]> less = damaged(files, "/data/version-2/snapshot.0", 100);
    refusedUnchanged(less, 29, "no snapshot is good");
    // Where the log can't bridge what a bad snapshot had.
    less = damaged(without("/logs/version-2/log.1f"), "/data/version-2/snapshot.1e", 100);
    refusedUnchanged(less, 47, "a log file is missing");
    less = damaged(without("/logs/version-2/log.10"), "/data/version-2/snapshot.1e", 100);
    refusedUnchanged(less, 30, "the log ends before it");
  }

  @Test
  void notWithAHoleOrDamageInTheLogsThatAreNeeded() {
    refusedUnchanged(damaged(files, "/logs/version-2/log.1", 200), 29, "is damaged");
  }

  /** A bad snapshot that the log can bridge is no reason to refuse, and doesn't stay. */
  @Test
  void aBadSnapshotIsBridgedByTheLog() {
    SimulatedDisk disk =
        SimulatedDisk.of(damaged(files, "/data/version-2/snapshot.1e", 100), Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      check(storage.truncate(47, Workload.CONFIG, Notices.NONE), 47);
    }
    assertThat(disk.files()).doesNotContainKey(Path.of("/data/version-2/snapshot.1e"));
    try (Storage storage = Storage.open(OPTIONS, disk.afterKill(Faults.NONE))) {
      check(recover(storage), 47);
    }
  }

  /** Where a new epoch began, there are zxids that nothing has; the last one before them stays. */
  @Test
  void betweenTransactions() {
    for (boolean rolled : new boolean[] {false, true}) {
      long epoch = 5L << 32;
      SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        StateMachine state = recover(storage).state();
        for (long zxid = epoch + 1; zxid < epoch + 4; zxid++) {
          LoggedTxn txn = Workload.create(state, zxid, 10);
          storage.log().append(txn);
          state.apply(txn, EventSink.NONE);
          storage.log().sync();
          if (rolled) {
            storage.log().roll();
          }
        }
        assertThat(storage.truncate(epoch + 2, Workload.CONFIG, Notices.NONE).lastZxid())
            .isEqualTo(epoch + 2);
        for (long zxid : new long[] {epoch, epoch - 1, TXNS + 1}) {
          check(storage.truncate(zxid, Workload.CONFIG, Notices.NONE), TXNS);
          check(storage.truncate(zxid, Workload.CONFIG, Notices.NONE), TXNS);
        }
        storage.log().append(Workload.create(state, epoch + 1, 10));
        storage.log().sync();
      }
      try (Storage storage =
          Storage.open(OPTIONS, disk.afterPowerCut(new Random(1), Faults.NONE))) {
        assertThat(recover(storage).lastZxid()).isEqualTo(epoch + 1);
      }
    }
  }

  @Test
  void aSnapshotWithoutALogBehindIt() {
    for (long zxid : new long[] {60, 61, 5L << 32}) {
      SimulatedDisk disk =
          SimulatedDisk.of(
              without("/logs/version-2/log.3d", "/logs/version-2/conclave.synced"), Faults.NONE);
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        recover(storage);
        check(storage.truncate(zxid, Workload.CONFIG, Notices.NONE), 60);
        storage.log().append(Workload.create(new StateMachine(Workload.CONFIG), 61, 10));
        storage.log().sync();
      }
      try (Storage storage = Storage.open(OPTIONS, disk.afterKill(Faults.NONE))) {
        assertThat(recover(storage).lastZxid()).isEqualTo(61);
      }
    }
  }

  /** A background thread that was still writing one of what was, finishes it too late. */
  @Test
  void noSnapshotOfWhatWasComesAfterwards() throws IOException {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      StateMachine was = recover(storage).state();
      Snapshots old = storage.snapshots();
      SnapshotImage image = was.beginSnapshot();
      storage.truncate(40, Workload.CONFIG, Notices.NONE);
      Map<Path, byte[]> before = disk.files();
      assertThatThrownBy(() -> old.write(image, new ReentrantLock()))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> old.purge(3)).isInstanceOf(IOException.class);
      assertThat(disk.files().keySet()).containsAll(before.keySet());
      assertThat(disk.files()).doesNotContainKey(Path.of("/data/version-2/snapshot.46"));
    }
  }
}
