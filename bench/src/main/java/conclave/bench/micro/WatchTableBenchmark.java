package conclave.bench.micro;

import conclave.protocol.Acl;
import conclave.protocol.Id;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.state.WatchTable;
import conclave.state.Watcher;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Setting, removing and firing watches; the figures are per watch. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WatchTableBenchmark {
  private static final int WATCHERS = 1_000;
  private static final int PATHS = 10_000;
  private static final String PATH = "/watched";

  private final Caller caller = new Caller(1, 1, List.of(Id.ANYONE));
  private final StateMachine state = new StateMachine(StateConfig.DEFAULT);
  private final WatchTable table = new WatchTable();
  private final List<Watcher> watchers =
      IntStream.range(0, WATCHERS).<Watcher>mapToObj(Connection::new).toList();
  private final List<String> paths =
      IntStream.range(0, PATHS)
          .mapToObj(i -> String.format(Locale.ROOT, "/others/n%06d", i))
          .toList();
  private int at;
  private long told;

  private record Connection(long sessionId) implements Watcher {}

  @Setup
  public void fill() {
    state.attach(table);
    change(new Request.CreateSession(30_000));
    change(new Request.Create(OpCode.CREATE, PATH, new byte[0], Acl.OPEN, 0, 0));
    for (int i = 0; i < PATHS; i++) {
      table.add(paths.get(i), watchers.get(i % WATCHERS), WatchTable.Mode.DATA);
    }
  }

  private void change(Request request) {
    LoggedTxn txn = state.prepare(request, caller, state.lastAppliedZxid() + 1, 1);
    state.apply(txn, (event, watcher) -> told++);
  }

  @Benchmark
  public boolean addAndRemove() {
    at = at + 1 == PATHS ? 0 : at + 1;
    String path = paths.get(at);
    Watcher watcher = watchers.get((at + 1) % WATCHERS);
    table.add(path, watcher, WatchTable.Mode.CHILD);
    return table.remove(path, watcher, WatchTable.Mode.CHILD);
  }

  /** All thousand set their watch, then hear of the change. */
  @Benchmark
  @OperationsPerInvocation(WATCHERS)
  public long setAndFire() {
    for (Watcher watcher : watchers) {
      table.add(PATH, watcher, WatchTable.Mode.DATA);
    }
    change(new Request.SetData(PATH, new byte[0], -1));
    return told;
  }
}
