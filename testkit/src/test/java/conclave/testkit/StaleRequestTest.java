package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of requests that wait for the throttle for so long that nobody wants them. */
@Timeout(300)
class StaleRequestTest {
  private static final int TIMEOUT_MS = 400;

  @Test
  void oneThatHasWaitedForLongerThanItsSessionEndsTheConnection() throws Exception {
    ThreeTries.of(this::oneThatHasWaitedForLongerThanItsSessionEndsTheConnectionOnce);
  }

  private void oneThatHasWaitedForLongerThanItsSessionEndsTheConnectionOnce() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (TestServer server = throttled(disk, "request_stale_latency_check=true");
        RawClient client = RawClient.connect(server, TIMEOUT_MS)) {
      client.ok(ReplyOrderTest.create("/a", new byte[0]));
      disk.holdForces();
      client.sendBytes(RawClient.frames(1, sets(3)));
      long until = System.nanoTime() + 2 * TIMEOUT_MS * 1_000_000L;
      while (System.nanoTime() < until) {
        // Its session must not be what ends it.
        client.sendBytes(RawClient.frame(-2, new Request.Ping()));
        assertThat(client.readReply().header().xid()).isEqualTo(-2);
      }
      disk.goOn();
      assertThat(client.readReply().header().xid()).isEqualTo(1);
      assertThat(client.readToEnd()).isEmpty();
      assertThat(version(server)).isEqualTo(1);
      assertThat(counter(server, "stale_requests_dropped")).isEqualTo(2);
    }
  }

  @Test
  void withoutThatCheckTheyAreServedHoweverLate() throws Exception {
    FailingDisk disk = new FailingDisk();
    try (TestServer server = throttled(disk);
        RawClient client = RawClient.connect(server, 30_000)) {
      client.ok(ReplyOrderTest.create("/a", new byte[0]));
      disk.holdForces();
      client.sendBytes(RawClient.frames(1, sets(3)));
      Await.until("the log waits", disk::isAwaited);
      disk.goOn();
      for (int xid = 1; xid <= 3; xid++) {
        assertThat(client.readReply().header().xid()).isEqualTo(xid);
      }
    }
  }

  @Test
  void whatWaitsIsForgottenWithItsConnection() throws Exception {
    assertThat(versionAfterHangUp()).isEqualTo(1);
  }

  @Test
  void whatWaitsIsDoneAllTheSameWhenNothingIsToBeDropped() throws Exception {
    assertThat(versionAfterHangUp("request_throttle_drop_stale=false")).isEqualTo(3);
  }

  @Test
  void neitherIsItForgottenWhenConnectionsAreNotLookedAt() throws Exception {
    assertThat(versionAfterHangUp("request_stale_connection_check=false")).isEqualTo(3);
  }

  /** Three writes, of which two wait, and a client that hangs up meanwhile. */
  private static int versionAfterHangUp(String... settings) throws Exception {
    FailingDisk disk = new FailingDisk();
    try (TestServer server = throttled(disk, settings)) {
      try (RawClient client = RawClient.connect(server, 30_000)) {
        client.ok(ReplyOrderTest.create("/a", new byte[0]));
        disk.holdForces();
        client.sendBytes(RawClient.frames(1, sets(3)));
        Await.until("the log waits", disk::isAwaited);
      }
      Await.until("it has noticed", () -> SlowReaderTest.connections(server) == 1);
      disk.goOn();
      return version(server);
    }
  }

  private static TestServer throttled(FailingDisk disk, String... settings) {
    List<String> all = new java.util.ArrayList<>(List.of(settings));
    all.add("request_throttle_max_requests=1");
    all.add("nio.numSelectorThreads=1");
    all.add("tickTime=200");
    all.add("maxSessionTimeout=30000");
    return TestServer.start(disk, null, all.toArray(String[]::new));
  }

  private static List<Request> sets(int count) {
    return java.util.Collections.nCopies(count, new Request.SetData("/a", new byte[0], -1));
  }

  /** Behind everything that is on its way. */
  private static int version(TestServer server) throws IOException {
    try (RawClient client = RawClient.connect(server, 30_000)) {
      client.ok(new Request.Sync("/a"));
      return Stat.read(client.ok(new Request.Exists("/a", false)).body()).version();
    }
  }

  private static long counter(TestServer server, String name) throws IOException {
    try (RawClient word = RawClient.open(server.port())) {
      word.sendBytes("mntr".getBytes(StandardCharsets.US_ASCII));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      answer.writeBytes(word.readToEnd());
      return answer
          .toString(StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("zk_" + name + "\t"))
          .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('\t') + 1)))
          .findFirst()
          .orElseThrow();
    }
  }
}
