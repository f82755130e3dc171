package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.LoggedTxn;
import conclave.state.EventSink;
import conclave.state.Notices;
import conclave.state.StateMachine;
import conclave.storage.Workload.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StorageTest {
  @TempDir Path dir;

  private static Recovered recover(Storage storage) {
    return storage.recover(Workload.CONFIG, Notices.NONE);
  }

  @Test
  void startsEmptyAndCarriesOn() {
    StorageOptions options = StorageOptions.in(dir);
    Picture before;
    try (Storage storage = Storage.open(options, new RealDisk())) {
      Recovered recovered = recover(storage);
      assertThat(recovered.fresh()).isTrue();
      assertThat(recovered.lastZxid()).isZero();
      StateMachine state = recovered.state();
      Workload workload = new Workload(1);
      for (long zxid = 1; zxid <= 1000; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        assertThat(storage.log().append(txn)).isGreaterThan(40);
        state.apply(txn, EventSink.NONE);
        if (zxid % 70 == 0) {
          assertThat(storage.log().sync()).isEqualTo(zxid);
        }
        if (zxid % 300 == 0) {
          storage.log().roll();
        }
      }
      before = Picture.of(state);
    }
    try (Storage storage = Storage.open(options, new RealDisk())) {
      Recovered recovered = recover(storage);
      assertThat(recovered.fresh()).isFalse();
      assertThat(recovered.lastZxid()).isEqualTo(1000);
      assertThat(recovered.snapshotZxid()).isZero();
      assertThat(recovered.replayed()).isEqualTo(1000);
      assertThat(recovered.warnings()).isEmpty();
      assertThat(recovered.state().digestMismatches()).isZero();
      assertThat(Picture.of(recovered.state())).isEqualTo(before);
      storage.log().append(Workload.create(recovered.state(), 1001, 1));
      assertThatThrownBy(() -> storage.log().append(Workload.create(recovered.state(), 1003, 1)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void snapshotsCarryWhatTheLogWouldAndOldOnesArePurged(Compression compression)
      throws IOException {
    StorageOptions options = StorageOptions.in(dir).withCompression(compression);
    Picture before;
    try (Storage storage = Storage.open(options, new RealDisk())) {
      StateMachine state = recover(storage).state();
      Workload workload = new Workload(2);
      for (long zxid = 1; zxid <= 500; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        storage.log().append(txn);
        state.apply(txn, EventSink.NONE);
        if (zxid % 100 == 0) {
          storage.log().roll();
          storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        }
      }
      assertThat(storage.snapshots().purge(1)).hasSize(3 + 3);
      before = Picture.of(state);
    }
    try (Storage storage = Storage.open(options, new RealDisk())) {
      Recovered recovered = recover(storage);
      assertThat(recovered.snapshotZxid()).isEqualTo(500);
      assertThat(recovered.lastZxid()).isEqualTo(500);
      assertThat(recovered.replayed()).isZero();
      assertThat(recovered.state().digestMismatches()).isZero();
      assertThat(Picture.of(recovered.state())).isEqualTo(before);
    }
  }

  @Test
  void twoServersCantShareADirectory() {
    StorageOptions options = StorageOptions.in(dir);
    try (Storage storage = Storage.open(options, new RealDisk())) {
      assertThat(storage).isNotNull();
      assertThatThrownBy(() -> Storage.open(options, new RealDisk()))
          .isInstanceOf(DataDirectoryException.class)
          .hasMessageContaining("used by another running server");
    }
    Storage.open(options, new RealDisk()).close();
  }

  @Test
  void missingDirectoriesAreRefusedWhereTheyMayNotBeMade() {
    Path missing = dir.resolve("none");
    StorageOptions options =
        new StorageOptions(
            missing, missing, false, true, false, true, 0, 1, Compression.NONE, true, true);
    assertThatThrownBy(() -> Storage.open(options, new RealDisk()))
        .isInstanceOf(DataDirectoryException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("datadir.autocreate");
  }

  @Test
  void aDatabaseThatIsNotMadeUnaskedNeedsTheInitializeFile() throws IOException {
    StorageOptions options =
        new StorageOptions(dir, dir, true, false, false, true, 0, 1, Compression.NONE, true, true);
    try (Storage storage = Storage.open(options, new RealDisk())) {
      assertThatThrownBy(() -> recover(storage))
          .isInstanceOf(DataDirectoryException.class)
          .hasMessageContaining("db.autocreate")
          .hasMessageContaining("initialize");
    }
    Files.createFile(dir.resolve("initialize"));
    try (Storage storage = Storage.open(options, new RealDisk())) {
      assertThat(recover(storage).fresh()).isTrue();
    }
    assertThat(dir.resolve("initialize")).doesNotExist();
    try (Storage storage = Storage.open(options, new RealDisk())) {
      assertThat(recover(storage).fresh()).isFalse();
    }
  }

  @Test
  void directoriesThatAreMixedUpAreRefused() throws IOException {
    StorageOptions options = StorageOptions.in(dir.resolve("a")).withDataLogDir(dir.resolve("b"));
    try (Storage storage = Storage.open(options, new RealDisk())) {
      StateMachine state = recover(storage).state();
      storage.log().append(Workload.create(state, 1, 1));
    }
    StorageOptions mixed = StorageOptions.in(dir.resolve("b")).withDataLogDir(dir.resolve("a"));
    assertThatThrownBy(() -> Storage.open(mixed, new RealDisk()))
        .isInstanceOf(DataDirectoryException.class)
        .hasMessageContaining("snapshot.0");
    Files.delete(dir.resolve("a/version-2/snapshot.0"));
    assertThatThrownBy(() -> Storage.open(mixed, new RealDisk()))
        .isInstanceOf(DataDirectoryException.class)
        .hasMessageContaining("log.1");
  }
}
