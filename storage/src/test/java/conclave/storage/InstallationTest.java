package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A leader's state takes the place of what a server has. Whenever the power goes out, the next
 * start has the one or the other, whole.
 */
class InstallationTest {
  private static final int TXNS = 70;
  private static final Path MARKER = Path.of("/data/version-2/conclave.installing");
  private static final Path CONTENT = Path.of("/data/version-2/conclave.installing.snapshot");
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

  @TempDir Path dir;

  private Map<Path, byte[]> files = Map.of();
  private Picture old = new Picture(Map.of(), Map.of(), 0);

  /** Log files from 1, 16, 31, 46 and 61 on, snapshots at 0, 30 and 60. */
  @BeforeEach
  void live() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      StateMachine state = recover(storage).state();
      Workload workload = new Workload(6);
      for (long zxid = 1; zxid <= TXNS; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        storage.log().sync();
        state.apply(txn, EventSink.NONE);
        if (zxid % 15 == 0) {
          storage.log().roll();
        }
        if (zxid % 30 == 0) {
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      old = Picture.of(state);
    }
    files = disk.files();
  }

  private static Recovered recover(Storage storage) {
    return storage.recover(Workload.CONFIG, Notices.NONE);
  }

  /** Another history that ends with {@code zxid}. */
  private static StateMachine theirs(long zxid) {
    StateMachine state = new StateMachine(Workload.CONFIG);
    Workload workload = new Workload(77);
    for (long at = zxid < 50 ? 1 : zxid - 50; at < zxid; at++) {
      state.apply(workload.next(state, at), EventSink.NONE);
    }
    state.apply(Workload.create(state, zxid, 10), EventSink.NONE);
    return state;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 30, 41, 60, TXNS, TXNS + 1, 0x500000000L, 0x700000033L})
  void itTakesThePlaceOfEverything(long zxid) {
    StateMachine theirs = theirs(zxid);
    Picture picture = Picture.of(theirs);
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      storage.install(theirs);
      assertThat(storage.log().syncedZxid()).isEqualTo(zxid);
      assertThat(disk.files())
          .containsOnlyKeys(
              Path.of("/data/version-2/snapshot." + Long.toHexString(zxid)),
              Path.of("/data/version-2/conclave.lock"),
              Path.of("/logs/version-2/conclave.lock"),
              Path.of("/logs/version-2/conclave.synced"));
    }
    SimulatedDisk after = disk.afterPowerCut(new Random(zxid), Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, after)) {
      Recovered recovered = recover(storage);
      assertThat(recovered.lastZxid()).isEqualTo(zxid);
      assertThat(recovered.warnings()).isEmpty();
      assertThat(Picture.of(recovered.state())).isEqualTo(picture);
      StateMachine state = recovered.state();
      storage.log().append(Workload.create(state, zxid + 1, 10));
      storage.log().sync();
    }
    try (Storage storage = Storage.open(OPTIONS, after.afterKill(Faults.NONE))) {
      assertThat(recover(storage).lastZxid()).isEqualTo(zxid + 1);
    }
  }

  /** Again and again: a server that lags gets one snapshot after the other, in one life. */
  @Test
  void oneAfterTheOther() throws IOException {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      for (long zxid : new long[] {90, 50, 0x300000007L}) {
        StateMachine state = theirs(zxid);
        storage.install(state);
        LoggedTxn txn = Workload.create(state, zxid + 1, 10);
        storage.log().append(txn);
        storage.log().sync();
        state.apply(txn, EventSink.NONE);
        storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
      }
    }
    try (Storage storage = Storage.open(OPTIONS, disk.afterKill(Faults.NONE))) {
      assertThat(recover(storage).lastZxid()).isEqualTo(0x300000008L);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {41, 60, TXNS, 0x700000033L})
  void powerCutAtEveryCall(long zxid) {
    int[] seen = new int[2];
    cutEverywhere(files, zxid, seen);
    assertThat(seen[0]).isGreaterThan(5);
    assertThat(seen[1]).isGreaterThan(5);
  }

  /** Apache left no mark. */
  @Test
  void powerCutAtEveryCallOnApachesFiles() {
    Map<Path, byte[]> apache = new HashMap<>(files);
    apache.remove(Path.of("/logs/version-2/conclave.synced"));
    cutEverywhere(apache, 41, new int[2]);
  }

  private void cutEverywhere(Map<Path, byte[]> before, long zxid, int[] seen) {
    StateMachine theirs = theirs(zxid);
    Picture picture = Picture.of(theirs);
    boolean interrupted = true;
    for (int at = 1; interrupted; at++) {
      interrupted = false;
      for (int seed = 0; seed < 8; seed++) {
        Random random = new Random(seed * 1000L + at);
        SimulatedDisk disk = SimulatedDisk.of(before, Faults.at(Fault.POWER_CUT_BEFORE, at));
        int stage = installInterrupted(disk, theirs(zxid));
        interrupted |= stage < 2;
        // The start after it may be interrupted too, by a power cut or a kill.
        for (int lives = 0; lives < 2; lives++) {
          Faults next = Faults.at(Fault.POWER_CUT_AFTER, 1 + random.nextInt(14));
          disk = random.nextInt(3) == 0 ? disk.afterKill(next) : disk.afterPowerCut(random, next);
          try (Storage storage = Storage.open(OPTIONS, disk)) {
            recover(storage);
          } catch (PowerCut cut) {
            // As planned.
          }
        }
        String story = "at=" + at + " seed=" + seed + " stage=" + stage;
        disk = disk.afterPowerCut(random, Faults.NONE);
        try (Storage storage = Storage.open(OPTIONS, disk)) {
          Recovered recovered = recover(storage);
          Picture found = Picture.of(recovered.state());
          boolean isNew = found.digest() == picture.digest();
          seen[isNew ? 1 : 0]++;
          assertThat(found).as(story).isEqualTo(isNew ? picture : old);
          assertThat(recovered.lastZxid()).as(story).isEqualTo(isNew ? zxid : TXNS);
          if (stage == 2) {
            assertThat(isNew).as(story).isTrue();
          }
          assertThat(disk.files()).as(story).doesNotContainKeys(MARKER, CONTENT);
          storage.log().append(Workload.create(recovered.state(), recovered.lastZxid() + 1, 10));
          storage.log().sync();
        } catch (StorageException e) {
          throw new AssertionError(story, e);
        }
        try (Storage storage = Storage.open(OPTIONS, disk.afterKill(Faults.NONE))) {
          recover(storage);
        }
      }
    }
  }

  /** Returns how far it came: 1 recovered, 2 installed. */
  private static int installInterrupted(SimulatedDisk disk, StateMachine theirs) {
    int stage = 0;
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      stage = 1;
      storage.install(theirs);
      stage = 2;
    } catch (PowerCut cut) {
      // As planned.
    }
    return stage;
  }

  @Test
  void errorAtEveryCall() {
    StateMachine theirs = theirs(41);
    Picture picture = Picture.of(theirs);
    for (Fault fault : new Fault[] {Fault.ERROR, Fault.NO_SPACE}) {
      boolean failed = true;
      for (int at = 1; failed; at++) {
        SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
        failed = false;
        try (Storage storage = Storage.open(OPTIONS, disk)) {
          recover(storage);
          disk.faults(Faults.at(fault, disk.calls() + at));
          storage.install(theirs(41));
        } catch (StorageFailedException e) {
          failed = true;
        }
        SimulatedDisk again = disk.afterKill(Faults.NONE);
        for (int start = 0; start < 2; start++) {
          try (Storage storage = Storage.open(OPTIONS, again)) {
            Picture found = Picture.of(recover(storage).state());
            assertThat(found).isIn(old, picture);
            assertThat(failed || found.equals(picture)).isTrue();
          }
          again = again.afterPowerCut(new Random(at), Faults.NONE);
        }
      }
    }
  }

  @Test
  void aDamagedMarkerIsRefused() {
    SimulatedDisk disk = SimulatedDisk.of(files, Faults.NONE);
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      recover(storage);
      // Up to the deletion of the first of the old files.
      disk.faults(
          (operation, path, call) ->
              operation == Faults.Operation.DELETE && path.toString().contains("/log.")
                  ? Fault.POWER_CUT_BEFORE
                  : Fault.NONE);
      assertThatThrownBy(() -> storage.install(theirs(41))).isInstanceOf(PowerCut.class);
    } catch (PowerCut atClose) {
      // The same.
    }
    Map<Path, byte[]> left = disk.afterKill(Faults.NONE).files();
    assertThat(left).containsKey(MARKER);
    for (int at = 0; at < left.get(MARKER).length; at++) {
      SimulatedDisk damaged = SimulatedDisk.of(left, Faults.NONE);
      damaged.flip(MARKER, at, 4);
      refused(damaged, MARKER.toString());
    }
    SimulatedDisk lost = SimulatedDisk.of(left, Faults.NONE);
    lost.remove(Path.of("/data/version-2/snapshot.29"));
    refused(lost, "snapshot.29");
    try (Storage storage = Storage.open(OPTIONS, SimulatedDisk.of(left, Faults.NONE))) {
      Recovered recovered = recover(storage);
      assertThat(recovered.lastZxid()).isEqualTo(41);
      assertThat(recovered.warnings()).singleElement().asString().contains("snapshot.29");
    }
  }

  private static void refused(SimulatedDisk disk, String why) {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      assertThatThrownBy(() -> recover(storage))
          .isInstanceOf(DamagedException.class)
          .hasMessageContaining(why);
    }
  }

  /** The files that were are Apache's own, and Apache goes on with what is there afterwards. */
  @Test
  void inPlaceOfWhatApacheWroteAndReadByApache() throws IOException {
    System.setProperty("zookeeper.extendedTypesEnabled", "true");
    try {
      StorageOptions options =
          StorageOptions.in(dir.resolve("data"))
              .withDataLogDir(dir.resolve("log"))
              .withCompression(Compression.GZIP);
      try (Apache apache = new Apache(dir.resolve("data"), dir.resolve("log"))) {
        StateMachine maker = new StateMachine(Workload.CONFIG);
        Workload workload = new Workload(3);
        for (long zxid = 1; zxid <= 60; zxid++) {
          LoggedTxn txn = workload.next(maker, zxid);
          maker.apply(txn, EventSink.NONE);
          apache.append(txn);
          apache.apply(txn);
          if (zxid == 41) {
            apache.commit();
            apache.snapshot();
          }
        }
        apache.commit();
      }
      StateMachine theirs = theirs(41);
      Picture picture = Picture.of(theirs);
      try (Storage storage = Storage.open(options, new RealDisk())) {
        assertThat(recover(storage).lastZxid()).isEqualTo(60);
        storage.install(theirs);
      }
      Apache.compression(Compression.GZIP);
      try (Apache apache = new Apache(dir.resolve("data"), dir.resolve("log"))) {
        assertThat(apache.picture()).isEqualTo(picture);
        assertThat(apache.tree.lastProcessedZxid).isEqualTo(41);
      }
    } finally {
      Apache.compression(Compression.NONE);
      System.clearProperty("zookeeper.extendedTypesEnabled");
    }
  }
}
