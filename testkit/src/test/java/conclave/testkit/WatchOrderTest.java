package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.WatcherEvent;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No client learns of a change that it watches before the event that tells of it. */
@Timeout(300)
class WatchOrderTest {
  private static final int KEYS = 8;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void noReplyOvertakesAnEvent(int loops) throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server = TestServer.start("nio.numSelectorThreads=" + loops)) {
      try (RawClient setUp = RawClient.connect(server)) {
        for (int key = 0; key < KEYS; key++) {
          setUp.ok(ReplyOrderTest.create("/k" + key, new byte[0]));
        }
      }
      AtomicBoolean done = new AtomicBoolean();
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Random random = new Random(100L * loops + i);
        writers.add(
            pool.submit(
                () -> {
                  write(server, random, done);
                  return null;
                }));
      }
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        long seed = 1000L * loops + i;
        readers.add(pool.submit(() -> new Reader(seed, isWriting(seed)).run(server)));
      }
      int events = 0;
      for (Future<Integer> reader : readers) {
        events += reader.get();
      }
      done.set(true);
      for (Future<?> writer : writers) {
        writer.get();
      }
      assertThat(events).as("events seen; with none nothing was tested").isGreaterThan(100);
    } finally {
      pool.shutdownNow();
    }
  }

  /** Every other reader writes too. */
  private static boolean isWriting(long seed) {
    return seed % 2 == 0;
  }

  private static void write(TestServer server, Random random, AtomicBoolean done) throws Exception {
    try (RawClient client = RawClient.connect(server)) {
      while (!done.get()) {
        int count = 1 + random.nextInt(8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
          String path = "/k" + random.nextInt(KEYS);
          bytes.writeBytes(
              RawClient.frame(client.nextXid(), new Request.SetData(path, new byte[10], -1)));
        }
        client.sendBytes(bytes.toByteArray());
        for (int i = 0; i < count; i++) {
          client.readReply();
        }
      }
    }
  }

  /** Reads in a pipeline, with watches and without, and checks every frame that comes. */
  private static final class Reader {
    private static final int BURSTS = 100;

    private final long seed;
    private final boolean writing;
    private final Random random;

    /** Watched paths, with the change that the client knew when it set the watch. */
    private final Map<String, Long> armed = new HashMap<>();

    private final ArrayDeque<Request> asked = new ArrayDeque<>();
    private long newestShown;
    private int events;

    Reader(long seed, boolean writing) {
      this.seed = seed;
      this.writing = writing;
      this.random = new Random(seed);
    }

    int run(TestServer server) throws Exception {
      try (RawClient client = RawClient.connect(server)) {
        for (int burst = 0; burst < BURSTS; burst++) {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          for (int count = 1 + random.nextInt(20); count > 0; count--) {
            Request request = next();
            asked.add(request);
            bytes.writeBytes(RawClient.frame(client.nextXid(), request));
          }
          client.sendBytes(bytes.toByteArray());
          while (!asked.isEmpty()) {
            see(client.read());
          }
        }
      }
      return events;
    }

    private Request next() {
      String path = "/k" + random.nextInt(KEYS);
      if (writing && random.nextInt(5) == 0) {
        return new Request.SetData(path, new byte[3], -1);
      }
      boolean watch = random.nextInt(3) == 0;
      return random.nextBoolean()
          ? new Request.GetData(path, watch)
          : new Request.Exists(path, watch);
    }

    private void see(RawClient.Frame frame) {
      if (frame.isEvent()) {
        events++;
        WatcherEvent event = frame.event();
        assertThat(armed).as("seed=%d %s", seed, event).containsKey(event.path());
        armed.remove(event.path());
        assertThat(frame.header().zxid())
            .as("seed=%d: a reply had shown the state of this event's change: %s", seed, event)
            .isGreaterThan(newestShown);
        return;
      }
      Request request = asked.remove();
      assertThat(frame.header().err()).isZero();
      if (request instanceof Request.SetData) {
        return;
      }
      newestShown = Math.max(newestShown, frame.header().zxid());
      String path = ((Request.OfPath) request).path();
      if (request instanceof Request.GetData) {
        frame.body().readBuffer();
      }
      long mzxid = Stat.read(frame.body()).mzxid();
      Long known = armed.get(path);
      if (known != null) {
        assertThat(mzxid)
            .as("seed=%d: %s shows a change whose event has not come", seed, request)
            .isLessThanOrEqualTo(known);
      }
      boolean watch =
          request instanceof Request.GetData get && get.watch()
              || request instanceof Request.Exists exists && exists.watch();
      if (watch) {
        armed.put(path, mzxid);
      }
    }
  }
}
