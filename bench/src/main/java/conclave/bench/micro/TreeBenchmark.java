package conclave.bench.micro;

import conclave.protocol.Acl;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.state.Caller;
import conclave.state.EventSink;
import conclave.state.Outcome;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Reads, and changes from decision to effect, on a tree of 100,000 znodes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TreeBenchmark {
  private static final int PARENTS = 100;
  private static final int CHILDREN = 1_000;
  private static final int MULTI_SIZE = 10;
  private static final long SESSION = 0x1000;

  /** Visits the znodes in an order that no cache foresees; a prime, so that it visits all. */
  private static final int STRIDE = 7_919;

  private final byte[] data = new byte[100];
  private final Caller caller = new Caller(SESSION, 1, List.of(Id.ANYONE));
  private final StateMachine state = new StateMachine(StateConfig.DEFAULT);
  private final JuteWriter out = new JuteWriter(4096);
  private final List<Request> gets = new ArrayList<>();
  private final List<Request> sets = new ArrayList<>();
  private int at;
  private int created;

  @Setup
  public void fill() {
    change(new Request.CreateSession(30_000));
    change(create("/bench"));
    change(create("/new"));
    for (int i = 0; i < PARENTS; i++) {
      String parent = String.format(Locale.ROOT, "/bench/d%03d", i);
      change(create(parent));
      for (int j = 0; j < CHILDREN; j++) {
        String path = String.format(Locale.ROOT, "%s/n%06d", parent, j);
        change(create(path));
        gets.add(new Request.GetData(path, false));
        sets.add(new Request.SetData(path, data, -1));
      }
    }
  }

  private Request create(String path) {
    return new Request.Create(OpCode.CREATE, path, data, Acl.OPEN, 0, 0);
  }

  private Outcome change(Request request) {
    LoggedTxn txn = state.prepare(request, caller, state.lastAppliedZxid() + 1, 1);
    Outcome outcome = state.apply(txn, EventSink.NONE);
    if (outcome.error() != ErrorCode.OK) {
      throw new IllegalStateException(request + " was refused: " + outcome.error());
    }
    return outcome;
  }

  private int next() {
    at = (at + STRIDE) % (PARENTS * CHILDREN);
    return at;
  }

  @Benchmark
  public int getData() {
    out.reset();
    state.read(gets.get(next()), caller, out);
    return out.length();
  }

  @Benchmark
  public Outcome setData() {
    return change(sets.get(next()));
  }

  @Benchmark
  public Outcome multiOfTenSets() {
    int from = next() / MULTI_SIZE * MULTI_SIZE;
    return change(new Request.Multi(sets.subList(from, from + MULTI_SIZE)));
  }

  @Benchmark
  public Outcome createAndDelete() {
    String path = "/new/n" + created++;
    change(create(path));
    return change(new Request.Delete(path, -1));
  }
}
