package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Acl;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Txn;
import conclave.protocol.TxnDigest;
import conclave.protocol.TxnHeader;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageTest {
  @TempDir Path dir;

  static LoggedTxn create(long zxid, int size) {
    byte[] data = new byte[size];
    java.util.Arrays.fill(data, (byte) 'x');
    return new LoggedTxn(
        new TxnHeader(0x100, (int) zxid, zxid, 1000 + zxid),
        new Txn.Create(OpCode.CREATE, "/n" + zxid, data, Acl.OPEN, false, (int) zxid),
        new TxnDigest(2, zxid * 31));
  }

  @Test
  void startsEmptyAndCarriesOn() {
    StorageOptions options = StorageOptions.in(dir.resolve("a"));
    try (Storage storage = Storage.open(options, new RealDisk())) {
      TestState state = new TestState();
      Recovered recovered = storage.recover(state);
      assertThat(recovered.fresh()).isTrue();
      assertThat(recovered.lastZxid()).isZero();
      for (long zxid = 1; zxid <= 1000; zxid++) {
        storage.log().append(create(zxid, 100));
        if (zxid % 7 == 0) {
          assertThat(storage.log().sync()).isEqualTo(zxid);
        }
        if (zxid % 300 == 0) {
          storage.log().roll();
        }
      }
    }
    try (Storage storage = Storage.open(options, new RealDisk())) {
      TestState state = new TestState();
      Recovered recovered = storage.recover(state);
      assertThat(recovered).isEqualTo(new Recovered(1000, 0, 1000, false, java.util.List.of()));
      for (int i = 0; i < 1000; i++) {
        assertThat(TestState.same(state.replayed.get(i), create(i + 1, 100))).isTrue();
      }
      storage.log().append(create(1001, 1));
      assertThatThrownBy(() -> storage.log().append(create(1003, 1)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void snapshotsCarryWhatTheLogWouldAndOldOnesArePurged() throws Exception {
    for (Compression compression : Compression.values()) {
      StorageOptions d = StorageOptions.in(dir.resolve("c" + compression));
      StorageOptions options =
          new StorageOptions(
              d.dataDir(),
              d.dataLogDir(),
              true,
              true,
              false,
              true,
              1 << 20,
              1 << 20,
              compression,
              true);
      TestState live = new TestState();
      try (Storage storage = Storage.open(options, new RealDisk())) {
        storage.recover(live);
        live.session(77, 4000);
        live.acl(1, Acl.READ_ONLY);
        for (long zxid = 1; zxid <= 500; zxid++) {
          LoggedTxn txn = create(zxid, (int) zxid);
          storage.log().append(txn);
          live.replay(txn);
          if (zxid % 100 == 0) {
            storage.log().roll();
            storage.snapshots().write(live.image());
          }
        }
        storage.log().sync();
        assertThat(storage.snapshots().purge(1)).hasSize(3 + 3);
      }
      try (Storage storage = Storage.open(options, new RealDisk())) {
        TestState state = new TestState();
        Recovered recovered = storage.recover(state);
        assertThat(recovered).isEqualTo(new Recovered(500, 500, 0, false, java.util.List.of()));
        assertThat(state.nodes).isEqualTo(live.nodes);
        assertThat(state.sessions).isEqualTo(live.sessions);
        assertThat(state.acls).isEqualTo(live.acls);
        assertThat(state.digest).isEqualTo(new SnapshotDigest(500, 2, 500 * 31));
      }
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
            missing, missing, false, true, false, true, 0, 1, Compression.NONE, true);
    assertThatThrownBy(() -> Storage.open(options, new RealDisk()))
        .isInstanceOf(DataDirectoryException.class)
        .hasMessageContaining(missing.toString())
        .hasMessageContaining("datadir.autocreate");
  }
}
