package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a znode and a watch may cost; the benchmarks measure it exactly, this sees that it stays so.
 */
class MemoryTest {
  private static final Caller SERVER = new Caller(0, 0, List.of());

  private StateMachine state;
  private WatchTable table;

  private static long liveBytes() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  @Test
  void aZnodeOfAHundredBytesTakesLessThanTwoHundred() {
    int count = 200_000;
    byte[] data = new byte[100];
    state = new StateMachine(StateConfig.DEFAULT);
    long before = liveBytes();
    long zxid = 0;
    for (int i = 0; i < count; i++) {
      Request create =
          new Request.Create(OpCode.CREATE, "/node-" + (1_000_000 + i), data, Acl.OPEN, 0, 0);
      zxid++;
      state.apply(state.prepare(create, SERVER, zxid, zxid), EventSink.NONE);
    }
    assertThat((double) (liveBytes() - before) / count).isLessThan(200);
    assertThat(state.nodeCount()).isEqualTo(count + 4);
  }

  @Test
  void aWatchTakesLessThanForty() {
    Watcher[] watchers = new Watcher[100];
    for (int i = 0; i < watchers.length; i++) {
      watchers[i] = new Harness.Named("w", i);
    }
    int paths = 2_000;
    table = new WatchTable();
    long before = liveBytes();
    for (int i = 0; i < paths; i++) {
      String path = "/watched/node-" + i;
      for (Watcher watcher : watchers) {
        table.add(path, watcher, WatchTable.Mode.DATA);
      }
    }
    assertThat((double) (liveBytes() - before) / (paths * watchers.length)).isLessThan(40);
    assertThat(table.counts().dataWatches()).isEqualTo(paths * watchers.length);
  }
}
