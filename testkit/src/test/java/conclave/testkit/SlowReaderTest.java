package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.ConnectResponse;
import conclave.protocol.Request;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A client that does not read what it asked for costs a bounded amount of memory, and only it
 * waits.
 */
@Timeout(300)
class SlowReaderTest {
  private static final int LARGE = 900_000;

  @Test
  void whoDoesNotReadIsNotReadFromAndLosesNothing() throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server = TestServer.start("nio.numSelectorThreads=1");
        RawClient slow = smallWindow(server);
        RawClient quick = RawClient.connect(server)) {
      quick.ok(ReplyOrderTest.create("/large", new byte[LARGE]));
      long before = directMemory();
      int count = 150;
      List<Request> requests = Collections.nCopies(count, new Request.GetData("/large", false));
      slow.sendBytes(RawClient.frames(1, requests));
      // Writes and reads behind a write must not pile up either.
      Future<?> more =
          pool.submit(
              () -> {
                slow.sendBytes(RawClient.frame(count + 1, new Request.Sync("/")));
                slow.sendBytes(RawClient.frames(count + 2, requests));
                return null;
              });
      long most = 0;
      for (int i = 0; i < 300; i++) {
        quick.ok(new Request.SetData("/", new byte[i], -1));
        quick.ok(new Request.GetData("/", false));
        most = Math.max(most, directMemory() - before);
      }
      assertThat(most).as("direct memory for a client that reads nothing").isLessThan(16L << 20);

      for (int xid = 1; xid <= 2 * count + 1; xid++) {
        assertThat(slow.readReply().header().xid()).isEqualTo(xid);
      }
      more.get();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aSmallRequestForManyLargeRepliesIsRefused() throws Exception {
    try (TestServer server = TestServer.start();
        RawClient greedy = RawClient.connect(server);
        RawClient other = RawClient.connect(server);
        LogLines log = new LogLines()) {
      other.ok(ReplyOrderTest.create("/large", new byte[LARGE]));
      List<Request> reads = Collections.nCopies(10_000, new Request.GetData("/large", false));

      greedy.send(new Request.MultiRead(reads));

      assertThat(greedy.isHungUpWithin(20_000)).isTrue();
      other.ok(new Request.GetData("/large", false));
      assertThat(log.warnings())
          .singleElement()
          .satisfies(line -> assertThat(line.getThrowableProxy()).isNull());
    }
  }

  @Test
  void aWatcherThatDoesNotReadKeepsNobodyWaiting() throws Exception {
    try (TestServer server = TestServer.start("nio.numSelectorThreads=1");
        RawClient watcher = smallWindow(server);
        RawClient writer = RawClient.connect(server)) {
      watcher.ok(new Request.AddWatch("/", Request.AddWatch.PERSISTENT_RECURSIVE));
      String name = "/" + "n".repeat(200);
      writer.ok(ReplyOrderTest.create(name, new byte[0]));
      long before = directMemory();
      int rounds = 10;
      int each = 500;
      for (int round = 0; round < rounds; round++) {
        List<Request> sets =
            new ArrayList<>(Collections.nCopies(each, new Request.SetData(name, new byte[0], -1)));
        writer.sendBytes(RawClient.frames(1, sets));
        for (int i = 0; i < each; i++) {
          assertThat(writer.readReply().header().err()).isZero();
        }
      }
      // About 240 bytes an event, twice that for room to grow.
      assertThat(directMemory() - before).isLessThan(2L * rounds * each * 300);

      int events = 0;
      while (events < rounds * each + 1) {
        assertThat(watcher.read().isEvent()).isTrue();
        events++;
      }
    }
  }

  @Test
  void aWatcherThatLeavesTooMuchUnreadIsHungUpOn() throws Exception {
    try (TestServer server = TestServer.start("nio.numSelectorThreads=1");
        RawClient watcher = smallWindow(server);
        RawClient writer = RawClient.connect(server);
        LogLines log = new LogLines()) {
      writer.ok(ReplyOrderTest.create(LONG_NAME, new byte[0]));
      watcher.ok(new Request.AddWatch(LONG_NAME, Request.AddWatch.PERSISTENT));
      // 64 MiB, and what the system takes.
      for (int i = 0; i < 200; i++) {
        writer.ok(new Request.SetData(LONG_NAME, new byte[0], -1));
      }
      Await.until("the watcher has gone", () -> connections(server) == 2);
      assertThat(log.warnings())
          .singleElement()
          .satisfies(line -> assertThat(line.getFormattedMessage()).contains("67108864 bytes"));
      writer.ok(new Request.GetData("/", false));
    }
  }

  @Test
  void whoLeavesTheMostUnreadGoesWhenAllTogetherLeaveTooMuch() throws Exception {
    int most = 12 << 20;
    List<RawClient> slow = new ArrayList<>();
    long before = directMemory();
    try (TestServer server =
            TestServer.start("nio.numSelectorThreads=1", "maxUnreadBytes=" + most);
        RawClient writer = RawClient.connect(server);
        RawClient small = smallWindow(server);
        LogLines log = new LogLines()) {
      writer.ok(ReplyOrderTest.create(LONG_NAME, new byte[0]));
      writer.ok(ReplyOrderTest.create("/a", new byte[0]));
      small.ok(new Request.AddWatch("/a", Request.AddWatch.PERSISTENT));
      for (int i = 0; i < 6; i++) {
        RawClient client = smallWindow(server);
        client.ok(new Request.AddWatch(LONG_NAME, Request.AddWatch.PERSISTENT));
        slow.add(client);
      }
      long highest = 0;
      for (int i = 0; i < 60; i++) {
        writer.ok(new Request.SetData(LONG_NAME, new byte[0], -1));
        writer.ok(new Request.SetData("/a", new byte[0], -1));
        highest = Math.max(highest, directMemory() - before);
      }
      assertThat(highest).as("direct memory").isLessThan(4L * most);
      Await.until("some have gone", () -> connections(server) < 9);
      assertThat(log.warnings())
          .isNotEmpty()
          .allSatisfy(
              line -> assertThat(line.getFormattedMessage()).contains("leaves the most unread"));
      // Whoever has little unread is none of those.
      small.ok(new Request.GetData("/a", false));
      writer.ok(new Request.GetData("/a", false));
    } finally {
      for (RawClient client : slow) {
        client.close();
      }
    }
  }

  /** So that an event of this znode is half a megabyte. */
  private static final String LONG_NAME = "/" + "n".repeat(500_000);

  /** How much the system takes of what nobody reads is its secret, so all amounts are tried. */
  @Test
  void whoNeverTakesItsLastReplyIsHungUpOnAllTheSame() throws Exception {
    List<RawClient> all = new ArrayList<>();
    try (TestServer server = TestServer.start("nio.sessionlessCnxnTimeout=400", "tickTime=300")) {
      try (RawClient quick = RawClient.connect(server)) {
        quick.ok(ReplyOrderTest.create("/large", new byte[LARGE]));
      }
      for (int replies = 1; replies <= 12; replies++) {
        RawClient slow = smallWindow(server, 600);
        all.add(slow);
        slow.sendBytes(RawClient.frames(1, Collections.nCopies(replies, large())));
        slow.sendBytes(RawClient.frame(100, new Request.CloseSession()));
      }
      Await.until("only this one is left", () -> connections(server) == 1);
    } finally {
      for (RawClient client : all) {
        client.close();
      }
    }
  }

  private static Request large() {
    return new Request.GetData("/large", false);
  }

  /** Connections as the server counts them, the asking one among them. */
  static int connections(TestServer server) throws IOException {
    try (RawClient word = RawClient.open(server.port())) {
      word.sendBytes("mntr".getBytes(StandardCharsets.US_ASCII));
      String answer = new String(word.readToEnd(), StandardCharsets.UTF_8);
      for (String line : answer.split("\n", -1)) {
        if (line.startsWith("zk_num_alive_connections")) {
          return (int) Double.parseDouble(line.split("\t", -1)[1]);
        }
      }
      throw new AssertionError(answer);
    }
  }

  private static RawClient smallWindow(TestServer server) throws IOException {
    return smallWindow(server, 30_000);
  }

  private static RawClient smallWindow(TestServer server, int timeoutMs) throws IOException {
    RawClient client = RawClient.open(server.port(), 8192);
    ConnectResponse response = client.handshake(0, new byte[16], timeoutMs);
    assertThat(response.sessionId()).isNotZero();
    return client;
  }

  static long directMemory() {
    return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
  }
}
