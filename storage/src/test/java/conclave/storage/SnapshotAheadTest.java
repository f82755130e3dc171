package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A member whose disk is slow applies what the others have committed, takes a snapshot of it, and
 * loses power before its own log is as far. So the log has a gap, which the first zxid of a new
 * epoch hides: only the snapshot's name tells of it (ZOOKEEPER-2418 is of this kind).
 */
class SnapshotAheadTest {
  private static final long EPOCH = 5L << 32;
  private static final long NEXT = 6L << 32;
  private static final Path SNAPSHOT = Path.of("/data/version-2/snapshot.500000064");
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

  private SimulatedDisk disk = new SimulatedDisk(Faults.NONE);

  private static Recovered recover(Storage storage) {
    return storage.recover(Workload.CONFIG, Notices.NONE);
  }

  /** The log has 1 to 90 of one epoch and 1 to 5 of the next, the snapshot 1 to 100. */
  @BeforeEach
  void live() throws IOException {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      StateMachine state = recover(storage).state();
      for (int i = 1; i <= 100; i++) {
        LoggedTxn txn = Workload.create(state, EPOCH + i, 10);
        state.apply(txn, EventSink.NONE);
        if (i <= 90) {
          storage.log().append(txn);
        }
        if (i == 50) {
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
    }
    disk = disk.afterKill(Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      Recovered recovered = recover(storage);
      assertThat(recovered.lastZxid()).isEqualTo(EPOCH + 100);
      for (int i = 1; i <= 5; i++) {
        LoggedTxn txn = Workload.create(recovered.state(), NEXT + i, 10);
        recovered.state().apply(txn, EventSink.NONE);
        storage.log().append(txn);
      }
      storage.log().sync();
    }
    disk = disk.afterKill(Faults.NONE);
  }

  @Test
  void theNextStartHasEverything() {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      Recovered recovered = recover(storage);
      assertThat(recovered.lastZxid()).isEqualTo(NEXT + 5);
      assertThat(recovered.snapshotZxid()).isEqualTo(EPOCH + 100);
      assertThat(recovered.state().digestMismatches()).isZero();
    }
  }

  @Test
  void withoutThatSnapshotSomethingIsMissing() {
    disk.flip(SNAPSHOT, 300, 1);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      assertThatThrownBy(() -> recover(storage))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining("a log file is missing");
    }
  }

  @Test
  void nobodyIsSentAHistoryWithAGap() throws IOException {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      try (LogHistory history = storage.history(EPOCH + 85, NEXT + 5)) {
        for (int i = 86; i <= 90; i++) {
          assertThat(history.next()).isTrue();
        }
        assertThatThrownBy(history::next).isInstanceOf(IOException.class);
      }
      try (LogHistory history = storage.history(NEXT + 1, NEXT + 5)) {
        assertThat(history.next()).isTrue();
        assertThat(history.zxid()).isEqualTo(NEXT + 2);
      }
    }
  }

  /** To cut into the gap would take away more than was asked for. */
  @Test
  void truncationDoesNotTakeMoreAway() {
    for (int i : new int[] {91, 93, 99}) {
      SimulatedDisk again = SimulatedDisk.of(disk.files(), Faults.NONE);
      try (Storage storage = Storage.open(OPTIONS, again)) {
        recover(storage);
        Map<Path, byte[]> before = again.files();
        assertThatThrownBy(() -> storage.truncate(EPOCH + i, Workload.CONFIG, Notices.NONE))
            .isInstanceOf(DamagedException.class);
        assertThat(again.files()).usingRecursiveComparison().isEqualTo(before);
      }
    }
    for (long zxid : new long[] {EPOCH + 89, EPOCH + 90, EPOCH + 100, NEXT + 3}) {
      SimulatedDisk again = SimulatedDisk.of(disk.files(), Faults.NONE);
      try (Storage storage = Storage.open(OPTIONS, again)) {
        recover(storage);
        assertThat(storage.truncate(zxid, Workload.CONFIG, Notices.NONE).lastZxid())
            .isEqualTo(zxid);
      }
      try (Storage storage = Storage.open(OPTIONS, again.afterKill(Faults.NONE))) {
        assertThat(recover(storage).lastZxid()).isEqualTo(zxid);
      }
    }
  }
}
