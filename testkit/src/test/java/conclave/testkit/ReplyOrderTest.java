package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one connection asks is answered in the order in which it was asked, with its effects. */
@Timeout(300)
class ReplyOrderTest {

  @Test
  void aReadBetweenTwoWritesIsAnsweredBetweenThem() throws Exception {
    try (TestServer server = TestServer.start();
        RawClient client = RawClient.connect(server)) {
      client.ok(create("/x", new byte[0]));
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        requests.add(new Request.SetData("/x", new byte[i], -1));
        requests.add(new Request.GetData("/x", false));
        requests.add(new Request.GetData("/x", false));
      }

      client.sendBytes(RawClient.frames(1000, requests));

      for (int xid = 1000; xid < 1000 + requests.size(); xid++) {
        assertThat(client.readReply().header().xid()).isEqualTo(xid);
      }
    }
  }

  @Test
  void aRequestThatNobodyKnowsIsAnsweredInItsTurnAndEndsTheConnection() throws Exception {
    try (TestServer server = TestServer.start();
        RawClient client = RawClient.connect(server)) {
      client.ok(create("/x", new byte[0]));
      List<Request> requests = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        requests.add(new Request.SetData("/x", new byte[i], -1));
        requests.add(new Request.GetData("/x", false));
      }
      requests.add(new Request.Check("/x", -1));
      requests.add(new Request.GetData("/x", false));

      client.sendBytes(RawClient.frames(1, requests));

      for (int xid = 1; xid <= 20; xid++) {
        assertThat(client.readReply().header().xid()).isEqualTo(xid);
      }
      RawClient.Frame last = client.readReply();
      assertThat(last.header().xid()).isEqualTo(21);
      assertThat(last.header().err()).isEqualTo(-6);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @Test
  void whatCameBeforeAFrameThatIsNoneIsAnswered() throws Exception {
    try (TestServer server = TestServer.start();
        RawClient client = RawClient.connect(server)) {
      byte[] get = RawClient.frame(7, new Request.GetData("/", false));
      byte[] bytes = Arrays.copyOf(get, get.length + 4);
      Arrays.fill(bytes, get.length, bytes.length, (byte) 0xff);

      client.sendBytes(bytes);

      assertThat(client.readReply().header().xid()).isEqualTo(7);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void randomRequestsOfManyConnections(int loops) throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server = TestServer.start("nio.numSelectorThreads=" + loops)) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        long seed = 20_000L * loops + i;
        String home = "/c" + i;
        clients.add(
            pool.submit(
                () -> {
                  try (RawClient client = RawClient.connect(server)) {
                    new Interleaving(client, home, seed).run(40);
                  } catch (Exception | AssertionError e) {
                    throw new AssertionError("seed=" + seed + ": " + e.getMessage(), e);
                  }
                }));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  static Request create(String path, byte[] data) {
    return new Request.Create(OpCode.CREATE, path, data, Acl.OPEN, 0, 0);
  }

  /** Random requests on znodes that nobody else touches, and what each must be answered. */
  private static final class Interleaving {
    private static final int KEYS = 3;

    private final RawClient client;
    private final String home;
    private final Random random;

    /** Version and content of each key, null where it is not there. */
    private final Integer[] versions = new Integer[KEYS];

    private final byte[][] contents = new byte[KEYS][];

    private record Sent(int xid, Request request, int error, Integer version, byte[] content) {}

    Interleaving(RawClient client, String home, long seed) {
      this.client = client;
      this.home = home;
      this.random = new Random(seed);
    }

    void run(int bursts) throws Exception {
      client.ok(create(home, new byte[0]));
      long lastZxid = 0;
      for (int burst = 0; burst < bursts; burst++) {
        List<Sent> sent = new ArrayList<>();
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
          Sent next = next();
          sent.add(next);
          bytes.writeBytes(RawClient.frame(next.xid(), next.request()));
        }
        sendInPieces(bytes.toByteArray());
        for (Sent expected : sent) {
          lastZxid = check(expected, client.readReply(), lastZxid);
        }
      }
    }

    private void sendInPieces(byte[] bytes) throws Exception {
      int at = 0;
      while (at < bytes.length) {
        int length =
            random.nextInt(3) > 0 ? bytes.length - at : 1 + random.nextInt(bytes.length - at);
        client.sendBytes(bytes, at, length);
        at += length;
      }
    }

    private Sent next() {
      int key = random.nextInt(KEYS);
      String path = home + "/k" + key;
      boolean there = versions[key] != null;
      int xid = client.nextXid();
      switch (random.nextInt(9)) {
        case 0, 1 -> {
          byte[] data = new byte[random.nextInt(200)];
          random.nextBytes(data);
          if (there) {
            versions[key]++;
            contents[key] = data;
            return new Sent(xid, new Request.SetData(path, data, -1), 0, versions[key], null);
          }
          versions[key] = 0;
          contents[key] = data;
          return new Sent(xid, create(path, data), 0, null, null);
        }
        case 2 -> {
          int wrong = there ? versions[key] + 1 : 0;
          return new Sent(
              xid, new Request.SetData(path, new byte[1], wrong), there ? -103 : -101, null, null);
        }
        case 3 -> {
          versions[key] = null;
          return new Sent(xid, new Request.Delete(path, -1), there ? 0 : -101, null, null);
        }
        case 4 -> {
          return new Sent(xid, new Request.Sync(path), 0, null, null);
        }
        case 5 -> {
          byte[] data = {1, 2, 3};
          if (there) {
            versions[key] += 2;
            contents[key] = data;
          }
          return new Sent(
              xid,
              new Request.Multi(
                  List.of(
                      new Request.SetData(path, new byte[5], -1),
                      new Request.SetData(path, data, -1))),
              0,
              null,
              null);
        }
        case 6 -> {
          return new Sent(
              xid, new Request.Exists(path, false), there ? 0 : -101, versions[key], null);
        }
        default -> {
          return new Sent(
              xid,
              new Request.GetData(path, false),
              there ? 0 : -101,
              versions[key],
              there ? contents[key] : null);
        }
      }
    }

    private long check(Sent expected, RawClient.Frame reply, long lastZxid) {
      assertThat(reply.header().xid()).as("%s", expected).isEqualTo(expected.xid());
      assertThat(reply.header().err()).as("%s", expected).isEqualTo(expected.error());
      assertThat(reply.header().zxid()).as("%s", expected).isGreaterThanOrEqualTo(lastZxid);
      if (expected.error() == 0) {
        if (expected.request() instanceof Request.GetData) {
          assertThat(reply.body().readBuffer()).as("%s", expected).isEqualTo(expected.content());
        }
        if (expected.version() != null) {
          assertThat(Stat.read(reply.body()).version())
              .as("%s", expected)
              .isEqualTo(expected.version());
        }
      }
      return reply.header().zxid();
    }
  }
}
