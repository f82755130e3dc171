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
import conclave.storage.simulated.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call that changes the disk reports an error in turn. A log that met one is dead, and a
 * server that starts again has what was promised; also when the power goes out after it has served
 * that.
 */
class DiskErrorTest {
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

  private static final class Server {
    long promised;
    final Map<Long, Long> digests = new HashMap<>();
    boolean logDied;
    int snapshotsFailed;

    Server() {
      digests.put(0L, new StateMachine(Workload.CONFIG).digest());
    }

    /** Lives until the disk reports something. */
    void run(SimulatedDisk disk) {
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
        check(recovered);
        work(storage, recovered);
      } catch (StorageFailedException e) {
        assertThat(e.exitCode()).isEqualTo(10);
      } catch (DataDirectoryException e) {
        assertThat(e.exitCode()).isEqualTo(3);
      }
    }

    void check(Recovered recovered) {
      assertThat(recovered.lastZxid()).isGreaterThanOrEqualTo(promised);
      assertThat(recovered.state().digest()).isEqualTo(digests.get(recovered.lastZxid()));
      promised = recovered.lastZxid();
    }

    private void work(Storage storage, Recovered recovered) {
      StateMachine state = recovered.state();
      Workload workload = new Workload(5);
      for (long zxid = promised + 1; zxid <= recovered.lastZxid() + 40; zxid++) {
        LoggedTxn txn = workload.next(state, zxid);
        long before = digests.get(zxid - 1);
        digests.put(zxid, txn.digest() == null ? before : txn.digest().treeDigest());
        try {
          storage.log().append(txn);
          if (zxid % 3 != 0) {
            storage.log().sync();
            promised = zxid;
          }
          state.apply(txn, EventSink.NONE);
          if (zxid % 11 == 0) {
            storage.log().roll();
            promised = zxid;
            snapshot(storage, state);
          }
        } catch (StorageFailedException e) {
          logDied = true;
          assertThatThrownBy(() -> storage.log().append(txn))
              .isInstanceOf(StorageFailedException.class);
          assertThatThrownBy(storage.log()::sync).isInstanceOf(StorageFailedException.class);
          assertThatThrownBy(storage.log()::roll).isInstanceOf(StorageFailedException.class);
          return;
        }
      }
    }

    private void snapshot(Storage storage, StateMachine state) {
      SnapshotImage image = state.beginSnapshot();
      try {
        storage.snapshots().write(image, new ReentrantLock());
        storage.snapshots().purge(3);
      } catch (IOException e) {
        snapshotsFailed++;
        image.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ERROR", "NO_SPACE"})
  void errorAtEveryCall(Fault kind) {
    SimulatedDisk whole = new SimulatedDisk(Faults.NONE);
    new Server().run(whole);
    int died = 0;
    int snapshotsFailed = 0;
    for (int at = 1; at <= whole.calls(); at++) {
      for (int seed = 0; seed < 3; seed++) {
        Random random = new Random(seed);
        Server server = new Server();
        SimulatedDisk disk = new SimulatedDisk(Faults.at(kind, at));
        try {
          server.run(disk);
          died += server.logDied ? 1 : 0;
          snapshotsFailed += server.snapshotsFailed;
          // The process starts again, serves what it finds, and then the power goes out.
          SimulatedDisk again =
              seed == 0
                  ? disk.afterPowerCut(new Random(random.nextLong()), Faults.NONE)
                  : disk.afterKill(Faults.NONE);
          start(server, again);
          start(server, again.afterPowerCut(new Random(random.nextLong()), Faults.NONE));
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError("kind=" + kind + " at=" + at + " seed=" + seed, e);
        }
      }
    }
    assertThat(died).isGreaterThan(50);
    assertThat(snapshotsFailed).isGreaterThan(5);
  }

  private static void start(Server server, SimulatedDisk disk) {
    try (Storage storage = Storage.open(OPTIONS, disk)) {
      server.check(storage.recover(Workload.CONFIG, Notices.NONE));
    }
  }

  /**
   * A sync that failed may have dropped what it should have written, and the next one knows nothing
   * of it: what a start reads from memory must be written again before it is served.
   */
  @Test
  void aSyncThatSucceedsAfterOneThatFailedProvesNothing() {
    for (int at = 1; at < 200; at += 2) {
      SimulatedDisk disk = new SimulatedDisk(Faults.at(Fault.ERROR, at));
      Server server = new Server();
      server.run(disk);
      if (!server.logDied) {
        continue;
      }
      SimulatedDisk again = disk.afterKill(Faults.NONE);
      start(server, again);
      for (int seed = 0; seed < 4; seed++) {
        start(server, again.afterPowerCut(new Random(seed), Faults.NONE));
      }
    }
  }
}
