package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/**
 * The power goes out at every call that changes the disk, and errors come at every such call;
 * whatever is left, the server starts by itself and has everything that it ever acknowledged or
 * served.
 */
class PowerCutTest {
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

  /** The lives of a server, and what it promised to anybody. */
  private static final class Lives {
    /** All up to here is promised. */
    long promised;

    /** Nothing after here was ever written. */
    long appended;

    /** What the last life did last, to be read when a test fails. */
    String doing = "";

    /** What the tree summed up to after each transaction. */
    final Map<Long, Long> digests =
        new HashMap<>(Map.of(0L, new StateMachine(Workload.CONFIG).digest()));

    void run(SimulatedDisk disk, long seed, int steps) throws IOException {
      Random random = new Random(seed);
      Workload workload = new Workload(seed);
      doing = "opening";
      try (Storage storage = Storage.open(OPTIONS, disk)) {
        doing = "recovering";
        Recovered recovered = storage.recover(Workload.CONFIG, Notices.NONE);
        check(recovered);
        promised = recovered.lastZxid();
        appended = promised;
        for (int step = 0; step < steps; step++) {
          work(storage, recovered.state(), workload, random);
        }
        doing = "closing";
      }
    }

    private void check(Recovered recovered) {
      long last = recovered.lastZxid();
      assertThat(last).isBetween(promised, appended);
      assertThat(recovered.state().lastAppliedZxid()).isEqualTo(last);
      assertThat(recovered.state().digest()).isEqualTo(digests.get(last));
      assertThat(recovered.state().digestMismatches()).isZero();
    }

    private void work(Storage storage, StateMachine state, Workload workload, Random random)
        throws IOException {
      List<LoggedTxn> batch = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        LoggedTxn txn = workload.next(state, appended + 1);
        long before = digests.get(appended);
        appended++;
        digests.put(appended, txn.digest() == null ? before : txn.digest().treeDigest());
        doing = "appending " + appended;
        storage.log().append(txn);
        batch.add(txn);
      }
      doing = "syncing " + appended;
      assertThat(storage.log().sync()).isEqualTo(appended);
      promised = appended;
      batch.forEach(txn -> state.apply(txn, EventSink.NONE));
      if (random.nextInt(4) == 0) {
        doing = "rolling after " + appended;
        storage.log().roll();
      }
      if (random.nextInt(5) == 0) {
        doing = "snapshot at " + appended;
        storage.snapshots().write(state.beginSnapshot(), new ReentrantLock());
        doing = "purging at " + appended;
        storage.snapshots().purge(3);
      }
    }
  }

  private static int callsOf(long seed, int steps) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(Faults.NONE);
    new Lives().run(disk, seed, steps);
    return disk.calls();
  }

  @Test
  void powerCutAtEveryCall() throws IOException {
    int calls = callsOf(1, 14);
    assertThat(calls).isGreaterThan(60);
    for (int at = 1; at <= calls; at++) {
      for (Fault kind : new Fault[] {Fault.POWER_CUT_BEFORE, Fault.POWER_CUT_AFTER}) {
        for (int seed = 0; seed < 3; seed++) {
          livesWithPowerCuts(Faults.at(kind, at), 1, seed);
        }
      }
    }
  }

  /** Long lives, cut at random calls, again and again on the same disk, recoveries included. */
  @Test
  void powerCutAfterPowerCut() throws IOException {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      livesWithPowerCuts(Faults.at(Fault.POWER_CUT_BEFORE, 1 + random.nextInt(120)), seed, seed);
    }
  }

  private static void livesWithPowerCuts(Faults first, long workSeed, long seed)
      throws IOException {
    Random random = new Random(seed);
    Lives life = new Lives();
    SimulatedDisk disk = new SimulatedDisk(first);
    String story = "plan=" + first + " workSeed=" + workSeed + " seed=" + seed;
    for (int lives = 0; lives < 4; lives++) {
      try {
        life.run(disk, workSeed + lives, 14);
      } catch (PowerCut cut) {
        // That is what was planned.
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(story + " lives=" + lives + " doing=" + life.doing, e);
      }
      story += ", life " + lives + " ended " + life.doing;
      Fault kind = random.nextBoolean() ? Fault.POWER_CUT_BEFORE : Fault.POWER_CUT_AFTER;
      Faults next = Faults.at(kind, 1 + random.nextInt(60));
      // Sometimes only the process ends, and the power goes out later.
      disk =
          random.nextInt(4) == 0
              ? disk.afterKill(next)
              : disk.afterPowerCut(new Random(random.nextLong()), next);
    }
    try {
      life.run(disk.afterPowerCut(new Random(seed), Faults.NONE), workSeed, 0);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(story + " last start", e);
    }
  }
}
