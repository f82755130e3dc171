package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
import conclave.storage.simulated.Faults;
import conclave.storage.simulated.Faults.Fault;
import conclave.storage.simulated.PowerCut;
import conclave.storage.simulated.SimulatedDisk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Snapshots that are handed in: what is whole is read, what is not changes nothing. */
class SnapshotIntakeTest {
  private static final long ZXID = 0x300000040L;
  private static final Path INTAKE = Path.of("/data/version-2/conclave.intake.conclave-tmp");

  private final StateMachine theirs = stateAt(0x300000000L, 9);

  private static StorageOptions options(boolean lastZxid) {
    return new StorageOptions(
        Path.of("/data"),
        Path.of("/data"),
        true,
        true,
        false,
        true,
        64,
        1 << 20,
        Compression.NONE,
        true,
        lastZxid);
  }

  private static Storage open(SimulatedDisk disk) {
    Storage storage = Storage.open(options(true), disk);
    storage.recover(Workload.CONFIG, Notices.NONE);
    return storage;
  }

  private static StateMachine stateAt(long after, long seed) {
    StateMachine state = new StateMachine(Workload.CONFIG);
    Workload workload = new Workload(seed);
    for (long zxid = after + 1; zxid <= after + 0x40; zxid++) {
      state.apply(workload.next(state, zxid), EventSink.NONE);
    }
    return state;
  }

  /** The file of a snapshot, as another server sends it. */
  private byte[] fileOf(StateMachine state, boolean lastZxid) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(options(lastZxid), disk)) {
      storage.recover(Workload.CONFIG, Notices.NONE);
      Path file = storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
      return disk.files().get(file);
    }
  }

  private static StateMachine take(Storage storage, byte[] bytes) throws IOException {
    try (SnapshotIntake intake = storage.intake()) {
      for (int at = 0; at < bytes.length; at += 1000) {
        intake.write(ByteBuffer.wrap(bytes, at, Math.min(1000, bytes.length - at)));
      }
      assertThat(intake.length()).isEqualTo(bytes.length);
      return intake.read(Workload.CONFIG, Notices.NONE);
    }
  }

  @Test
  void whatIsWholeIsRead() throws IOException {
    byte[] plain = fileOf(theirs, true);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    }
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = open(disk)) {
      Map<Path, byte[]> before = disk.files();
      for (byte[] bytes : new byte[][] {plain, packed.toByteArray()}) {
        StateMachine read = take(storage, bytes);
        assertThat(read.lastAppliedZxid()).isEqualTo(ZXID);
        assertThat(Picture.of(read)).isEqualTo(Picture.of(theirs));
        assertThat(disk.files()).containsOnlyKeys(before.keySet());
      }
    }
  }

  @Test
  void whatIsDamagedOrCutOffOrSomethingElseIsRefused() throws IOException {
    byte[] good = fileOf(theirs, true);
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = open(disk)) {
      Map<Path, byte[]> before = disk.files();
      for (int at = 0; at < good.length; at += 1 + at / 50) {
        refused(storage, Arrays.copyOf(good, at));
        byte[] damaged = good.clone();
        damaged[at] ^= 0x10;
        // The database's id, which says nothing.
        if (at < 8 || at >= 16) {
          refused(storage, damaged);
        }
      }
      refused(storage, Arrays.copyOf(good, good.length - 1));
      refused(storage, Arrays.copyOf(good, good.length + 1));
      refused(storage, "<html>not a snapshot</html>".getBytes(StandardCharsets.US_ASCII));
      assertThat(disk.files()).containsOnlyKeys(before.keySet());
    }
  }

  private static void refused(Storage storage, byte[] bytes) {
    assertThatThrownBy(() -> take(storage, bytes))
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(INTAKE.toString());
  }

  @Test
  void whatDoesNotSayWithWhichTransactionItEndsIsRefused() throws IOException {
    byte[] file = fileOf(theirs, false);
    try (Storage storage = open(new SimulatedDisk(Faults.NONE))) {
      assertThatThrownBy(() -> take(storage, file))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining("serializeLastProcessedZxid.enabled=false");
    }
  }

  /** Whenever the power goes out there is the old state or the new one, and nothing else. */
  @Test
  void powerCutAtEveryCall() throws IOException {
    byte[] file = fileOf(theirs, true);
    SimulatedDisk first = new SimulatedDisk(Faults.NONE);
    StateMachine old;
    try (Storage storage = open(first)) {
      old = stateAt(0, 4);
      storage.install(old);
    }
    int[] found = new int[2];
    int partly = 0;
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      SimulatedDisk disk = SimulatedDisk.of(first.files(), Faults.at(Fault.POWER_CUT_BEFORE, at));
      interrupted = false;
      try (Storage storage = open(disk)) {
        storage.install(take(storage, file));
      } catch (PowerCut asPlanned) {
        interrupted = true;
      }
      SimulatedDisk after = disk.afterPowerCut(new Random(at), Faults.NONE);
      partly += after.files().containsKey(INTAKE) ? 1 : 0;
      try (Storage storage = Storage.open(options(true), after)) {
        StateMachine state = storage.recover(Workload.CONFIG, Notices.NONE).state();
        boolean isNew = state.lastAppliedZxid() == ZXID;
        found[isNew ? 1 : 0]++;
        assertThat(Picture.of(state)).as("at=" + at).isEqualTo(Picture.of(isNew ? theirs : old));
        assertThat(after.files()).as("at=" + at).doesNotContainKey(INTAKE);
        assertThat(isNew || interrupted).as("at=" + at).isTrue();
      }
    }
    assertThat(found[0]).isPositive();
    assertThat(found[1]).isPositive();
    assertThat(partly).as("cuts that left a part of what was handed in").isPositive();
  }
}
