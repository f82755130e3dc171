package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogHistoryTest {
  private static final long EPOCH = 1L << 32;
  private static final StorageOptions OPTIONS =
      new StorageOptions(
          Path.of("/data"),
          Path.of("/logs"),
          true,
          true,
          false,
          true,
          4096,
          1 << 20,
          Compression.NONE,
          true,
          true);

  @TempDir Path dir;

  private final SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
  private final Storage storage = Storage.open(OPTIONS, disk);
  private final StateMachine state = storage.recover(Workload.CONFIG, Notices.NONE).state();
  private final Workload workload = new Workload(4);
  private final TreeMap<Long, byte[]> entries = new TreeMap<>();

  private void log(long zxid) {
    LoggedTxn txn = workload.next(state, zxid);
    JuteWriter out = new JuteWriter();
    txn.write(out);
    entries.put(zxid, out.toByteArray());
    storage.log().append(txn);
    state.apply(txn, EventSink.NONE);
  }

  /** Files from 1, 21, 41, epoch 1 and epoch 2 on; the last one is being written. */
  private void live() {
    for (int i = 1; i <= 50; i++) {
      log(i);
      if (i % 20 == 0) {
        storage.log().roll();
      }
    }
    for (long epoch : new long[] {EPOCH, 2 * EPOCH}) {
      storage.log().roll();
      for (int i = 1; i <= 15; i++) {
        log(epoch + i);
      }
    }
    storage.log().sync();
  }

  private static List<Long> zxids(LogHistory history) throws IOException {
    List<Long> zxids = new ArrayList<>();
    while (history.next()) {
      zxids.add(history.zxid());
    }
    assertThat(history.next()).isFalse();
    return zxids;
  }

  @Test
  void fromAnywhereToAnywhere() throws IOException {
    live();
    List<Long> ends = new ArrayList<>(entries.keySet());
    ends.add(0, 0L);
    for (long after : ends) {
      for (long upTo : ends) {
        try (LogHistory history = storage.history(after, upTo)) {
          assertThat(history.reachesBack()).isTrue();
          assertThat(history.hasStart() || after == 0 || after > upTo).isTrue();
          assertThat(zxids(history))
              .as("after=%x upTo=%x", after, upTo)
              .isEqualTo(
                  upTo <= after
                      ? List.of()
                      : List.copyOf(entries.subMap(after, false, upTo, true).keySet()));
        }
      }
    }
  }

  @Test
  void theBytesAreThoseOfTheLog() throws IOException {
    live();
    try (LogHistory history = storage.history(0, 2 * EPOCH + 15)) {
      long bytes = 0;
      while (history.next()) {
        assertThat(history.entry()).isEqualTo(entries.get(history.zxid()));
        LoggedTxn txn = LoggedTxn.read(new JuteReader(history.entry()));
        assertThat(txn.zxid()).isEqualTo(history.zxid());
        bytes += history.entry().length;
      }
      assertThat(history.bytes()).isBetween(bytes, bytes + 4000);
    }
    try (LogHistory history = storage.history(2 * EPOCH + 14, 2 * EPOCH + 15)) {
      int length = entries.get(2 * EPOCH + 15).length;
      assertThat(history.bytes()).isBetween((long) length, length + 600L);
    }
  }

  /** Somebody has a transaction that is not in this log: he can be told where to go back to. */
  @Test
  void behindATransactionThatIsNotHere() throws IOException {
    live();
    try (LogHistory history = storage.history(70, 2 * EPOCH + 15)) {
      assertThat(history.reachesBack()).isTrue();
      assertThat(history.hasStart()).isFalse();
      assertThat(history.previous()).isEqualTo(50);
      assertThat(zxids(history)).startsWith(EPOCH + 1).hasSize(30);
    }
    try (LogHistory history = storage.history(EPOCH, EPOCH + 2)) {
      assertThat(history.reachesBack()).isTrue();
      assertThat(history.hasStart()).isFalse();
      assertThat(history.previous()).isEqualTo(50);
      assertThat(zxids(history)).containsExactly(EPOCH + 1, EPOCH + 2);
    }
    try (LogHistory history = storage.history(EPOCH + 99, EPOCH + 15)) {
      assertThat(history.previous()).isEqualTo(EPOCH + 15);
      assertThat(zxids(history)).isEmpty();
    }
  }

  @Test
  void whatWasPurgedIsNotReached() throws IOException {
    live();
    disk.delete(Path.of("/logs/version-2/log.1"));
    for (long after : new long[] {0, 1, 19}) {
      try (LogHistory history = storage.history(after, 2 * EPOCH + 15)) {
        assertThat(history.reachesBack()).isFalse();
        assertThat(history.previous()).isEqualTo(-1);
        assertThat(history.next()).isFalse();
      }
    }
    // The last one that went is followed by the first that is there: nothing is missing.
    try (LogHistory history = storage.history(20, 25)) {
      assertThat(history.reachesBack()).isTrue();
      assertThat(history.hasStart()).isFalse();
      assertThat(zxids(history)).containsExactly(21L, 22L, 23L, 24L, 25L);
    }
    disk.delete(Path.of("/logs/version-2/log.29"));
    try (LogHistory history = storage.history(30, 45)) {
      assertThat(history.reachesBack()).isTrue();
      assertThatThrownBy(() -> zxids(history)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aLogThatIsPurgedMeanwhileOrDamagedIsReported() throws IOException {
    live();
    try (LogHistory history = storage.history(3, 50)) {
      assertThat(history.next()).isTrue();
      disk.delete(Path.of("/logs/version-2/log.29"));
      assertThatThrownBy(() -> zxids(history)).isInstanceOf(IOException.class);
    }
    disk.flip(Path.of("/logs/version-2/log.1"), 900, 1);
    try (LogHistory history = storage.history(1, 20)) {
      assertThatThrownBy(() -> zxids(history)).isInstanceOf(IOException.class);
    }
    try (LogHistory history = storage.history(2 * EPOCH + 1, 2 * EPOCH + 16)) {
      assertThatThrownBy(() -> zxids(history)).hasMessageContaining("nothing behind 0x20000000f");
    }
  }

  @Test
  void withoutALog() throws IOException {
    assertThat(storage.newestSnapshotBytes())
        .isEqualTo(disk.files().get(Path.of("/data/version-2/snapshot.0")).length);
    try (LogHistory history = storage.history(0, 0)) {
      assertThat(history.reachesBack()).isFalse();
      assertThat(history.next()).isFalse();
      assertThat(history.bytes()).isZero();
    }
    live();
    storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
    Map<Path, byte[]> files = disk.files();
    assertThat(storage.newestSnapshotBytes())
        .isEqualTo(files.get(Path.of("/data/version-2/snapshot.20000000f")).length)
        .isNotEqualTo(files.get(Path.of("/data/version-2/snapshot.0")).length);
  }

  /** Entries that are being written behind the last durable one are none of its business. */
  @Test
  void whatIsHalfWrittenIsNotRead() throws IOException {
    live();
    Path newest = Path.of("/logs/version-2/log.200000001");
    byte[] bytes = disk.files().get(newest);
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    Arrays.fill(bytes, end, Math.min(bytes.length, end + 30), (byte) 0x11);
    disk.put(newest, bytes);
    try (LogHistory history = storage.history(2 * EPOCH + 3, 2 * EPOCH + 15)) {
      assertThat(zxids(history)).hasSize(12);
    }
  }

  /** One thread writes, syncs and rolls, and another one reads what is durable, all the time. */
  @Test
  void whileTheLogIsWritten() throws Exception {
    StorageOptions options = StorageOptions.in(dir.resolve("data"));
    try (Storage real = Storage.open(options, new RealDisk())) {
      StateMachine tree = real.recover(Workload.CONFIG, Notices.NONE).state();
      AtomicLong durable = new AtomicLong();
      int last = 3000;
      Thread writer =
          new Thread(
              () -> {
                for (long zxid = 1; zxid <= last; zxid++) {
                  real.log().append(Workload.create(tree, zxid, (int) (zxid % 700)));
                  if (zxid % 7 == 0 || zxid == last) {
                    durable.set(real.log().sync());
                  }
                  if (zxid % 400 == 0) {
                    real.log().roll();
                  }
                }
              });
      writer.start();
      long seen = 0;
      int histories = 0;
      while (seen < last) {
        long upTo = durable.get();
        if (upTo > seen) {
          histories++;
          try (LogHistory history = real.history(Math.max(0, upTo - 500), upTo)) {
            assertThat(zxids(history)).hasSize((int) Math.min(upTo, 500)).endsWith(upTo);
          }
          seen = upTo;
        }
        Thread.onSpinWait();
      }
      writer.join();
      assertThat(histories).isGreaterThan(1);
    }
  }
}
