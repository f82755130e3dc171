package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever comes in, others are served, and the log stays readable. */
@Timeout(300)
class BadInputTest {
  private static final long SEED = 20_261_122;

  @Test
  void garbageHurtsNobodyElseAndFillsNoLog() throws Exception {
    ExecutorService pool = Executors.newCachedThreadPool();
    try (TestServer server = TestServer.start();
        LogLines log = new LogLines()) {
      long began = System.nanoTime();
      AtomicBoolean done = new AtomicBoolean();
      Future<Integer> neighbour = pool.submit(() -> serveNormally(server, done));
      Random random = new Random(SEED);
      for (int i = 0; i < 1200; i++) {
        insult(server, random, i % 6);
      }
      done.set(true);

      assertThat(neighbour.get()).as("answers to the neighbour").isPositive();
      long seconds = (System.nanoTime() - began) / 1_000_000_000;
      List<ILoggingEvent> lines = log.warnings();
      assertThat(lines).hasSizeLessThanOrEqualTo((int) seconds + 2);
      assertThat(lines).allSatisfy(line -> assertThat(line.getThrowableProxy()).isNull());
      assertThat(lines).isNotEmpty();
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void everyOperationWithAnyBodyIsAnsweredOrHungUpOn() throws Exception {
    Random random = new Random(SEED);
    try (TestServer server = TestServer.start();
        LogLines log = new LogLines()) {
      for (int type = -12; type <= 110; type++) {
        OpCode op = OpCode.of(type);
        int tries = op == null ? 1 : 12;
        for (int i = 0; i < tries; i++) {
          askNonsense(server, random, type, i);
        }
      }
      assertThat(log.warnings())
          .allSatisfy(line -> assertThat(line.getThrowableProxy()).as("%s", line).isNull());
      try (RawClient client = RawClient.connect(server)) {
        client.ok(new Request.GetData("/", false));
        client.ok(ReplyOrderTest.create("/still-there", new byte[0]));
      }
    }
  }

  private static int serveNormally(TestServer server, AtomicBoolean done) throws IOException {
    int answered = 0;
    try (RawClient client = RawClient.connect(server)) {
      client.ok(ReplyOrderTest.create("/neighbour", new byte[0]));
      while (!done.get()) {
        client.ok(new Request.SetData("/neighbour", new byte[answered % 100], -1));
        client.ok(new Request.GetData("/neighbour", false));
        answered++;
      }
    }
    return answered;
  }

  /** One connection that does what none should. */
  private static void insult(TestServer server, Random random, int kind) throws IOException {
    try (RawClient client = RawClient.open(server.port())) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      switch (kind) {
        case 0 -> client.sendBytes(intBytes(-random.nextInt(1 << 30) - 1));
        case 1 -> client.sendBytes(intBytes(1 << 20 | random.nextInt(1 << 30)));
        case 2 -> client.sendBytes(noise);
        case 3 -> client.sendBytes(RawClient.frame(noise));
        case 4 -> {
          client.handshake(0, new byte[16], 5000);
          client.sendBytes(noise);
        }
        default -> {
          client.handshake(0, new byte[16], 5000);
          client.sendBytes(RawClient.frame(noise));
          client.sendBytes(intBytes(Integer.MIN_VALUE));
          assertThat(client.isHungUpWithin(10_000)).isTrue();
        }
      }
    } catch (java.net.SocketException e) {
      // Hung up on in the middle of it: as it should be.
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private static void askNonsense(TestServer server, Random random, int type, int attempt)
      throws IOException {
    try (RawClient client = RawClient.connect(server)) {
      byte[] body = new byte[attempt == 0 ? 0 : random.nextInt(120)];
      random.nextBytes(body);
      if (attempt % 3 == 1 && body.length > 8) {
        // A path that can be read, and nonsense behind it.
        System.arraycopy(new byte[] {0, 0, 0, 2, '/', 'x'}, 0, body, 0, 6);
      }
      JuteWriter frame = new JuteWriter();
      frame.writeInt(8 + body.length);
      frame.writeInt(4711);
      frame.writeInt(type);
      frame.writeRaw(body, 0, body.length);
      client.sendBytes(frame.toByteArray());
      client.sendBytes(RawClient.frame(4712, new Request.Exists("/", false)));
      try {
        while (client.readReply().header().xid() != 4712) {
          // Its own answer, whatever it is, comes before that of the next.
        }
      } catch (java.io.EOFException | java.net.SocketException e) {
        assertThat(e).as("hung up on, which will do").isNotNull();
      }
    }
  }

  private static byte[] intBytes(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }
}
