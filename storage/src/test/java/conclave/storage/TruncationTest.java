package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
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

  @Test
  void notWithoutASnapshotThatIsOldEnough() throws IOException {
    Map<Path, byte[]> later = new HashMap<>(files);
    later.remove(Path.of("/data/version-2/snapshot.0"));
    try (Storage storage = Storage.open(OPTIONS, SimulatedDisk.of(later, Faults.NONE))) {
      recover(storage);
      assertThatThrownBy(() -> storage.truncate(29, Workload.CONFIG, Notices.NONE))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining("all snapshots are later");
    }
  }
}
