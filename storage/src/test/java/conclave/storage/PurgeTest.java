package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is thrown away, and what never is. */
class PurgeTest {
  private static final Path DIRECTORY = Path.of("/data/version-2");
  private static final StorageOptions OPTIONS =
      new StorageOptions(
          Path.of("/data"),
          Path.of("/data"),
          true,
          true,
          false,
          true,
          1024,
          1 << 20,
          Compression.NONE,
          true,
          true);

  private Map<Path, byte[]> files = Map.of();
  private long digest;

  /** Snapshots at 0, 10, … 60; logs from 1, 11, … 61 on. */
  @BeforeEach
  void live() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      StateMachine state = storage.recover(Workload.CONFIG, Notices.NONE).state();
      Workload workload = new Workload(4);
      for (long zxid = 1; zxid <= 65; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        state.apply(txn, EventSink.NONE);
        if (zxid % 10 == 0) {
          storage.log().roll();
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      digest = state.digest();
    }
    files = new HashMap<>(disk.files());
  }

  private List<String> purge(int retain) throws IOException {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    List<String> deleted;
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      storage.recover(Workload.CONFIG, Notices.NONE);
      deleted =
          storage.snapshots().purge(retain).stream().map(p -> p.getFileName().toString()).toList();
    }
    // Whatever was deleted, the next start has everything, also from the oldest snapshot left.
    Map<Path, byte[]> left = disk.files();
    for (int zxid = 60; left.containsKey(snapshot(zxid)); zxid -= 10) {
      SimulatedDisk again = SimulatedDisk.of(left, Faults.NONE);
      if (left.get(snapshot(zxid)).length > 10) {
        try (Storage storage = Storage.open(OPTIONS, again)) {
          Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
          assertThat(recovered.lastZxid()).isEqualTo(65);
          assertThat(recovered.state().digest()).isEqualTo(digest);
        }
      }
      left.remove(snapshot(zxid));
    }
    return deleted;
  }

  private static Path snapshot(int zxid) {
    return DIRECTORY.resolve(FileNames.snapshot(zxid, Compression.NONE));
  }

  @Test
  void keepsTheNewestAndTheLogsTheyNeed() throws IOException {
    assertThat(purge(4))
        .containsExactlyInAnyOrder(
            "snapshot.0", "snapshot.a", "snapshot.14", "log.1", "log.b", "log.15");
  }

  @Test
  void neverFewerThanThree() throws IOException {
    assertThat(purge(0))
        .contains("snapshot.1e", "log.1f")
        .doesNotContain("snapshot.28", "log.29")
        .hasSize(8);
  }

  @Test
  void nothingWhereThereAreNoMore() throws IOException {
    assertThat(purge(7)).isEmpty();
    assertThat(purge(100)).isEmpty();
  }

  /** ZOOKEEPER-3231: those that are of no use don't count. */
  @Test
  void onlyGoodSnapshotsCount() throws IOException {
    for (int zxid : new int[] {60, 50, 40}) {
      files.put(snapshot(zxid), new byte[7]);
    }
    assertThat(purge(3)).containsExactlyInAnyOrder("snapshot.0", "log.1");
    files.put(snapshot(20), new byte[7]);
    assertThat(purge(3)).isEmpty();
  }

  /** A log that goes on over a snapshot, as where nobody rolled, is needed by it. */
  @Test
  void aLogThatGoesOnOverASnapshotStays() throws IOException {
    byte[] first = files.get(DIRECTORY.resolve(FileNames.log(31)));
    byte[] second = files.remove(DIRECTORY.resolve(FileNames.log(41)));
    byte[] both = java.util.Arrays.copyOf(first, first.length + second.length - 16);
    System.arraycopy(second, 16, both, first.length, second.length - 16);
    files.put(DIRECTORY.resolve(FileNames.log(31)), both);
    assertThat(purge(3)).contains("snapshot.1e", "log.15").doesNotContain("log.1f");
  }
}
