package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that end at any moment, also while they are being answered. The operating system
 * gives their numbers to the next ones at once: nobody may get what was meant for another.
 */
@Timeout(300)
class HangUpTest {
  private static final int CLIENTS = 6;
  private static final int SESSIONS = 150;
  private static final int LARGEST = 3;
  private static final int SESSION_MS = 30_000;

  @Test
  void nobodyGetsWhatWasMeantForAnother() throws Exception {
    try (TestServer server = TestServer.start("nio.numSelectorThreads=2", "preAllocSize=64")) {
      comeAndGo(new int[] {server.port()});
    }
  }

  /** Where replies may be written by whoever has made them. */
  @Test
  void nobodyInAnEnsembleGetsWhatWasMeantForAnother() throws Exception {
    try (TestEnsemble ensemble =
        TestEnsemble.start(3, "nio.numSelectorThreads=2", "preAllocSize=64")) {
      comeAndGo(
          ensemble.members().stream()
              .map(ensemble::connectString)
              .mapToInt(server -> Integer.parseInt(server.substring(server.indexOf(':') + 1)))
              .toArray());
    }
  }

  private static void comeAndGo(int[] ports) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<List<String>>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        clients.add(pool.submit(() -> comeAndGo(ports[number % ports.length], number)));
      }
      List<String> acknowledged = new ArrayList<>();
      for (Future<List<String>> client : clients) {
        acknowledged.addAll(client.get());
      }
      assertThat(acknowledged).isNotEmpty();
      try (RawClient reader = connect(ports[0])) {
        reader.ok(new Request.Sync("/"));
        for (String path : acknowledged) {
          reader.ok(new Request.Exists(path, false));
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static RawClient connect(int port) throws IOException {
    RawClient client = RawClient.open(port);
    assertThat(client.handshake(0, new byte[16], SESSION_MS).sessionId()).isNotZero();
    return client;
  }

  /** Sessions one after the other, of which many hang up on what they are being answered. */
  private static List<String> comeAndGo(int port, int number) throws IOException {
    Random random = new Random(number);
    List<String> acknowledged = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      try (RawClient client = connect(port)) {
        int creates = 1 + random.nextInt(LARGEST);
        for (int j = 0; j < creates; j++) {
          String path = "/of-%d-%d-%d".formatted(number, i, j);
          RawClient.Frame reply = client.ok(ReplyOrderTest.create(path, new byte[j]));
          assertThat(reply.body().readString()).isEqualTo(path);
          acknowledged.add(path);
        }
        String path = "/last-%d-%d".formatted(number, i);
        if (random.nextBoolean()) {
          client.send(ReplyOrderTest.create(path, new byte[0]));
        } else {
          client.send(new Request.SetData(acknowledged.get(0), new byte[9], -1));
          client.send(new Request.GetData(acknowledged.get(0), false));
        }
        if (random.nextBoolean()) {
          // So that closing it is a reset, behind which nothing is taken any more.
          client.socket().setSoLinger(true, 0);
        }
      }
    }
    return acknowledged;
  }
}
