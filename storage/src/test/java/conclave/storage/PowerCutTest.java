package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.storage.SimulatedDisk.Plan;
import conclave.storage.SimulatedDisk.PowerCut;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The power goes out at every call that changes the disk, and errors come at every such call; whatever
 * is left, the server starts by itself and has everything that it ever acknowledged or served.
 */
class PowerCutTest {
  private static final StorageOptions OPTIONS =
      new StorageOptions(
          Path.of("/data"), Path.of("/logs"), true, true, false, true, 4096, 1 << 20,
          Compression.NONE, true);

  /** One life of a server, and what it promised to anybody. */
  private static final class Life {
    /** All up to here is promised. */
    long promised;

    /** Nothing after here was ever written. */
    long appended;

    /** What the life did last, to be read when a test fails. */
    String doing = "";

    void run(SimulatedDisk disk, long seed, int steps) throws IOException {
      Random random = new Random(seed);
      doing = "opening";
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        TestState state = new TestState();
        doing = "recovering";
        Recovered recovered = storage.recover(state);
        check(recovered, state);
        promised = recovered.lastZxid();
        appended = promised;
        for (int step = 0; step < steps; step++) {
          work(storage, state, random);
        }
        doing = "closing";
      }
    }

    private void check(Recovered recovered, TestState state) {
      assertThat(recovered.lastZxid()).isBetween(promised, appended);
      assertThat(state.zxid).isEqualTo(recovered.lastZxid());
      assertThat(state.nodes).hasSize((int) recovered.lastZxid() + 1);
      for (long zxid = 1; zxid <= recovered.lastZxid(); zxid++) {
        assertThat(state.nodes.get("/n" + zxid).data()).isEqualTo(TestState.bytes(data(zxid)));
      }
    }

    private void work(Storage storage, TestState state, Random random) throws IOException {
      long from = appended;
      for (int i = random.nextInt(6); i >= 0; i--) {
        LoggedTxn txn = txn(appended + 1);
        doing = "appending " + txn.zxid();
        appended++;
        storage.log().append(txn);
      }
      doing = "syncing " + appended;
      assertThat(storage.log().sync()).isEqualTo(appended);
      promised = appended;
      for (long zxid = from + 1; zxid <= appended; zxid++) {
        state.replay(txn(zxid));
      }
      if (random.nextInt(4) == 0) {
        doing = "rolling after " + appended;
        storage.log().roll();
      }
      if (random.nextInt(5) == 0) {
        doing = "snapshot at " + appended;
        storage.snapshots().write(state.image());
        doing = "purging at " + appended;
        storage.snapshots().purge(3);
      }
    }
  }

  /** Sizes from nothing to several sectors, zeros and not, so that entries lie in all ways. */
  private static byte[] data(long zxid) {
    byte[] data = new byte[new Random(zxid).nextInt(8) == 0 ? 2000 : (int) (zxid * 37 % 300)];
    Arrays.fill(data, (byte) (zxid % 3));
    return data;
  }

  private static LoggedTxn txn(long zxid) {
    return new LoggedTxn(
        new TxnHeader(1, 2, zxid, 3),
        new Txn.Create(
            OpCode.CREATE, "/n" + zxid, data(zxid), conclave.protocol.Acl.OPEN, false, 1),
        null);
  }

  private static int callsOf(long seed, int steps) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Plan.NOTHING);
    new Life().run(disk, seed, steps);
    return disk.calls();
  }

  @Test
  void powerCutAtEveryCall() throws IOException {
    int calls = callsOf(1, 14);
    assertThat(calls).isGreaterThan(60);
    for (int at = 1; at <= calls; at++) {
      for (Plan.Kind kind : new Plan.Kind[] {Plan.Kind.POWER_CUT_BEFORE, Plan.Kind.POWER_CUT_AFTER}) {
        for (int seed = 0; seed < 12; seed++) {
          livesWithPowerCuts(new Plan(kind, at), 1, seed);
        }
      }
    }
  }

  /** Long lives, cut at random calls, again and again on the same disk, recoveries included. */
  @Test
  void powerCutAfterPowerCut() throws IOException {
    for (int seed = 0; seed < 1500; seed++) {
      Random random = new Random(seed);
      livesWithPowerCuts(
          new Plan(Plan.Kind.POWER_CUT_BEFORE, 1 + random.nextInt(120)), seed, seed);
    }
  }

  private static void livesWithPowerCuts(Plan first, long workSeed, long seed) throws IOException {
    Random random = new Random(seed);
    Life life = new Life();
    SimulatedDisk disk = new SimulatedDisk(first);
    String story = "plan=" + first + " workSeed=" + workSeed + " seed=" + seed;
    for (int lives = 0; lives < 4; lives++) {
      try {
        life.run(disk, workSeed + lives, 14);
        life.promised = life.appended;
      } catch (PowerCut cut) {
        // That is what was planned.
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(story + " lives=" + lives + " doing=" + life.doing, e);
      }
      story += ", life " + lives + " ended " + life.doing;
      Plan.Kind kind =
          random.nextBoolean() ? Plan.Kind.POWER_CUT_BEFORE : Plan.Kind.POWER_CUT_AFTER;
      Plan next = new Plan(kind, 1 + random.nextInt(60));
      // Sometimes only the process ends, and the power goes out later.
      disk =
          random.nextInt(4) == 0
              ? disk.afterKill(next)
              : disk.afterPowerCut(random.nextLong(), next);
    }
    try {
      life.run(disk.afterPowerCut(seed, Plan.NOTHING), workSeed, 0);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(story + " last start", e);
    }
  }
}
