package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that come and go leave nothing behind, and too many are turned away. */
@Timeout(300)
class ConnectionFloodTest {

  @Test
  void manyConnections() throws Exception {
    flood(2400);
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void aHundredThousandConnections() throws Exception {
    flood(100_000);
  }

  private static void flood(int connections) throws Exception {
    Queue<String> leaks = new ConcurrentLinkedQueue<>();
    ByteBufUtil.setLeakListener((type, records) -> leaks.add(type + ": " + records));
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server = TestServer.start()) {
      try (RawClient steady = RawClient.connect(server)) {
        steady.ok(ReplyOrderTest.create("/steady", new byte[100]));
        int descriptors = openDescriptors();
        long memory = SlowReaderTest.directMemory();
        List<Future<?>> floods = new ArrayList<>();
        int threads = 4;
        for (int i = 0; i < threads; i++) {
          floods.add(
              pool.submit(
                  () -> {
                    for (int n = 0; n < connections / threads; n++) {
                      comeAndGo(server, n % 8);
                    }
                    return null;
                  }));
        }
        for (Future<?> flood : floods) {
          while (!flood.isDone()) {
            steady.ok(new Request.GetData("/steady", false));
          }
          flood.get();
        }

        Await.until(
            "only the steady one and the one that asks",
            () -> SlowReaderTest.connections(server) == 2);
        Await.until("descriptors are given back", () -> openDescriptors() <= descriptors + 2);
        assertThat(SlowReaderTest.directMemory() - memory).isLessThan(8L << 20);
      }
      assertNoLeak(leaks);
    } finally {
      pool.shutdownNow();
      ByteBufUtil.setLeakListener(null);
    }
  }

  private static void comeAndGo(TestServer server, int how) throws IOException {
    try (RawClient client = RawClient.open(server.port())) {
      switch (how) {
        case 0 -> client.reset();
        case 1 -> client.sendBytes(new byte[] {0, 0});
        case 2 -> {
          client.sendBytes(new byte[] {0, 0, 0, 44, 1, 2, 3});
          client.reset();
        }
        case 3 -> {
          client.sendBytes("ruok".getBytes(StandardCharsets.US_ASCII));
          assertThat(client.readToEnd()).isEqualTo("imok".getBytes(StandardCharsets.US_ASCII));
        }
        case 4 -> {
          client.handshake(0, new byte[16], 5000);
          client.ok(new Request.CloseSession());
        }
        case 5 -> {
          client.sendHandshake(0, new byte[16], 5000);
          client.reset();
        }
        case 6 -> {
          client.handshake(0, new byte[16], 5000);
          for (int i = 0; i < 20; i++) {
            client.send(new Request.SetData("/steady", new byte[100], -1));
            client.send(new Request.GetData("/steady", true));
          }
          client.reset();
        }
        default -> {
          // Nothing but a connection.
        }
      }
    } catch (java.net.SocketException e) {
      assertThat(e).as("the server may have hung up first").isNotNull();
    }
  }

  /** Leaks are found when garbage is collected, and told when buffers are allocated after that. */
  private static void assertNoLeak(Queue<String> leaks) {
    for (int i = 0; i < 3; i++) {
      System.gc();
      for (int n = 0; n < 200; n++) {
        ByteBufAllocator.DEFAULT.directBuffer(16).release();
      }
    }
    assertThat(leaks).isEmpty();
  }

  private static int openDescriptors() {
    String[] names = new File("/proc/self/fd").list();
    return names == null ? 0 : names.length;
  }

  @Test
  void noMoreThanMaxClientCnxns() throws Exception {
    limited("maxClientCnxns=3");
  }

  @Test
  void noMoreThanMaxCnxns() throws Exception {
    limited("maxCnxns=3");
  }

  private static void limited(String setting) throws Exception {
    try (TestServer server = TestServer.start(setting);
        LogLines log = new LogLines();
        RawClient one = RawClient.connect(server);
        RawClient two = RawClient.connect(server)) {
      RawClient three = RawClient.connect(server);
      for (int i = 0; i < 50; i++) {
        try (RawClient four = RawClient.open(server.port())) {
          assertThat(four.isHungUpWithin(10_000)).isTrue();
        }
      }
      one.ok(new Request.GetData("/", false));
      two.ok(new Request.GetData("/", false));
      assertThat(log.warnings()).hasSizeBetween(1, 10);

      three.close();

      Await.until("room for another", () -> admits(server));
    }
  }

  private static boolean admits(TestServer server) throws IOException {
    try (RawClient client = RawClient.open(server.port())) {
      return client.handshake(0, new byte[16], 5000).sessionId() != 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void noMoreSessionsThanThereAreTokens() throws Exception {
    try (TestServer server =
        TestServer.start(
            "connection_throttle_tokens=3",
            "connection_throttle_fill_count=1",
            "connection_throttle_fill_time=3600000")) {
      List<RawClient> admitted = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        admitted.add(RawClient.connect(server));
      }
      assertThat(admits(server)).isFalse();
      for (RawClient client : admitted) {
        client.ok(new Request.GetData("/", false));
        client.close();
      }
      assertThat(admits(server)).as("who has left gives no token back").isFalse();
    }
  }
}
