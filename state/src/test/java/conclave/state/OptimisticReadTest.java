package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.StampedLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Reads without a lock, under a stamp that is checked afterwards, while the tree changes: they come
 * to an end, and those whose stamp was good are whole.
 */
class OptimisticReadTest {
  private static final Caller CALLER = new Caller(1, 0, List.of(new Id("super", "")));

  private final StampedLock lock = new StampedLock();
  private final StateMachine state = new StateMachine(StateConfig.DEFAULT.withExtendedTypes(true));
  private final AtomicBoolean done = new AtomicBoolean();

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void readersAreNeverLostInATreeThatChanges() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        long seed = i;
        readers.add(threads.submit((Callable<Integer>) () -> readMuch(seed)));
      }
      writeMuch();
      done.set(true);
      for (Future<Integer> reader : readers) {
        assertThat(reader.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      done.set(true);
      threads.shutdownNow();
      threads.awaitTermination(10, TimeUnit.SECONDS);
    }
    assertThat(state.digestMismatches()).isZero();
  }

  private void writeMuch() {
    Requests random = new Requests(42);
    for (int i = 1; i <= 60_000; i++) {
      Request request = i <= 3 ? new Request.CreateSession(5_000) : random.next();
      Caller caller = new Caller(i <= 3 ? i : 1 + i % 3, i, CALLER.ids());
      var txn = state.prepare(request, caller, i, i);
      long stamp = lock.writeLock();
      try {
        state.apply(txn, EventSink.NONE);
      } finally {
        lock.unlockWrite(stamp);
      }
    }
  }

  private int readMuch(long seed) {
    Requests random = new Requests(seed);
    JuteWriter out = new JuteWriter();
    int good = 0;
    while (!done.get() || good == 0) {
      Request request = read(random);
      out.reset();
      long stamp = lock.tryOptimisticRead();
      if (stamp == 0) {
        continue;
      }
      ErrorCode error;
      try {
        error = state.read(request, CALLER, out);
      } catch (RuntimeException e) {
        // Nonsense is met in a tree in the middle of a change, and only there.
        assertThat(lock.validate(stamp)).as("%s: %s", request, e).isFalse();
        continue;
      }
      assertThat(out.length()).isLessThan(1 << 20);
      if (lock.validate(stamp)) {
        good++;
        check(request, error, out);
      }
    }
    return good;
  }

  private static Request read(Requests random) {
    String path = random.below(3) == 0 ? "/" : random.path();
    return switch (random.below(6)) {
      case 0 -> new Request.GetData(path, false);
      case 1 -> new Request.Exists(path, false);
      case 2 -> new Request.GetAcl(path);
      case 3 -> new Request.GetEphemerals("/");
      case 4 -> new Request.GetAllChildrenNumber(path);
      default -> new Request.GetChildren(OpCode.GET_CHILDREN2, path, false);
    };
  }

  private static void check(Request request, ErrorCode error, JuteWriter out) {
    if (error != ErrorCode.OK) {
      assertThat(out.length()).isZero();
      return;
    }
    JuteReader in = new JuteReader(out.toByteArray());
    Reply reply = Reply.read(request.op(), in);
    assertThat(in.remaining()).isZero();
    if (reply instanceof Reply.OfNamesAndStat children) {
      assertThat(children.names()).hasSize(children.stat().numChildren());
      assertThat(children.names()).doesNotHaveDuplicates();
    }
    if (reply instanceof Reply.OfData data) {
      int length = data.data() == null ? 0 : data.data().length;
      assertThat(data.stat().dataLength()).isEqualTo(length);
    }
  }
}
