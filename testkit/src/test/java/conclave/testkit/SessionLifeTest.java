package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.ConnectResponse;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.protocol.WatcherEvent;
import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Sessions: how long they live, who has them, and what goes with them. */
@Timeout(300)
class SessionLifeTest {
  private static final int TICK_MS = 150;
  private static final int SHORT_MS = 600;
  private static final int NO_NODE = -101;

  @RegisterExtension
  static final ConclaveExtension conclave = new ConclaveExtension("tickTime=" + TICK_MS);

  @Test
  void silenceEndsASessionItsConnectionAndItsEphemerals() throws Exception {
    TestServer server = conclave.server();
    try (RawClient watcher = RawClient.connect(server, 3000);
        RawClient silent = RawClient.connect(server, SHORT_MS)) {
      long began = System.nanoTime();
      silent.ok(ephemeral("/silent"));
      watcher.ok(new Request.Exists("/silent", true));

      assertThat(silent.isHungUpWithin(10_000)).isTrue();

      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began))
          .as("not before its time")
          .isGreaterThanOrEqualTo(SHORT_MS);
      WatcherEvent event = watcher.read().event();
      assertThat(event.path()).isEqualTo("/silent");
      assertThat(event.type()).as("NodeDeleted").isEqualTo(2);
      assertThat(watcher.call(new Request.Exists("/silent", false)).header().err())
          .isEqualTo(NO_NODE);
    }
  }

  @Test
  void pingsKeepASession() throws Exception {
    ThreeTries.of(this::pingsKeepASessionOnce);
  }

  private void pingsKeepASessionOnce() throws Exception {
    String path = "/pinging-" + System.nanoTime();
    try (RawClient client = RawClient.connect(conclave.server(), SHORT_MS)) {
      client.ok(ephemeral(path));
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(4 * SHORT_MS);
      while (System.nanoTime() < end) {
        client.ping();
        assertThat(client.read().header().xid()).isEqualTo(-2);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      }
      client.ok(new Request.Exists(path, false));
    }
  }

  @Test
  void aSessionMovesToWhoKnowsItsPassword() throws Exception {
    TestServer server = conclave.server();
    try (RawClient first = RawClient.connect(server, 3000);
        RawClient second = RawClient.open(server.port())) {
      first.ok(ephemeral("/moving"));

      ConnectResponse response = second.handshake(first.sessionId(), first.password(), 3000);

      assertThat(response.sessionId()).isEqualTo(first.sessionId());
      assertThat(response.timeoutMs()).isEqualTo(3000);
      assertThat(first.isHungUpWithin(5000)).isTrue();
      second.ok(new Request.Exists("/moving", false));
      second.ok(new Request.CloseSession());
      assertThat(second.readToEnd()).isEmpty();
    }
    try (RawClient other = RawClient.connect(server, 3000)) {
      assertThat(other.call(new Request.Exists("/moving", false)).header().err())
          .isEqualTo(NO_NODE);
    }
  }

  @Test
  void whoMovesASessionTenTimesAtOnceHasItOnce() throws Exception {
    TestServer server = conclave.server();
    try (RawClient first = RawClient.connect(server, 3000)) {
      RawClient[] others = new RawClient[10];
      for (int i = 0; i < others.length; i++) {
        others[i] = RawClient.open(server.port());
        others[i].sendHandshake(first.sessionId(), first.password(), 3000);
      }
      Set<Integer> alive = new HashSet<>();
      assertThat(first.isHungUpWithin(5000)).isTrue();
      for (int i = 0; i < others.length; i++) {
        if (!others[i].isHungUpWithin(500)) {
          alive.add(i);
        }
      }
      assertThat(alive).hasSize(1);
      for (RawClient other : others) {
        other.close();
      }
    }
  }

  @Test
  void aWrongPasswordGetsNoSession() throws Exception {
    TestServer server = conclave.server();
    try (RawClient owner = RawClient.connect(server, 3000);
        RawClient thief = RawClient.open(server.port())) {
      ConnectResponse response = thief.handshake(owner.sessionId(), new byte[16], 3000);

      assertThat(response.sessionId()).isZero();
      assertThat(response.timeoutMs()).isZero();
      assertThat(response.passwd()).isEqualTo(new byte[16]);
      assertThat(thief.readToEnd()).isEmpty();
      owner.ok(new Request.Exists("/", false));
    }
  }

  @Test
  void aClosedSessionCannotBeTakenUpAgain() throws Exception {
    TestServer server = conclave.server();
    try (RawClient owner = RawClient.connect(server, 3000);
        RawClient late = RawClient.open(server.port())) {
      owner.ok(new Request.CloseSession());

      assertThat(late.handshake(owner.sessionId(), owner.password(), 3000).sessionId()).isZero();
      assertThat(late.readToEnd()).isEmpty();
    }
  }

  @Test
  void whatIsInFlightBeforeTheCloseIsDoneAndWhatFollowsIsNot() throws Exception {
    TestServer server = conclave.server();
    try (RawClient client = RawClient.connect(server, 3000)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = 1; i <= 20; i++) {
        bytes.writeBytes(RawClient.frame(2 * i - 1, ephemeral("/flight" + i)));
        bytes.writeBytes(RawClient.frame(2 * i, new Request.Exists("/flight" + i, false)));
      }
      bytes.writeBytes(RawClient.frame(41, new Request.CloseSession()));
      bytes.writeBytes(RawClient.frame(42, ephemeral("/too-late")));
      bytes.writeBytes(RawClient.frame(43, ReplyOrderTest.create("/too-late-too", new byte[0])));

      client.sendBytes(bytes.toByteArray());

      for (int xid = 1; xid <= 41; xid++) {
        RawClient.Frame reply = client.read();
        assertThat(reply.header().xid()).isEqualTo(xid);
        assertThat(reply.header().err()).as("xid %d", xid).isZero();
      }
      while (true) {
        try {
          assertThat(client.read().header().err()).isEqualTo(-112);
        } catch (java.io.EOFException | java.net.SocketException e) {
          assertThat(e).as("hung up").isNotNull();
          break;
        }
      }
    }
    try (RawClient other = RawClient.connect(server, 3000)) {
      for (String path : List.of("/flight1", "/flight20", "/too-late", "/too-late-too")) {
        assertThat(other.call(new Request.Exists(path, false)).header().err())
            .as(path)
            .isEqualTo(NO_NODE);
      }
    }
  }

  @Test
  void requestsAreTakenBeforeTheHandshakeIsAnswered() throws Exception {
    try (RawClient client = RawClient.open(conclave.server().port())) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      bytes.writeBytes(RawClient.handshakeFrame(0, new byte[16], 3000));
      bytes.writeBytes(RawClient.frame(1, new Request.Exists("/", false)));
      bytes.writeBytes(RawClient.frame(2, ephemeral("/hasty")));
      bytes.writeBytes(RawClient.frame(3, new Request.Exists("/hasty", false)));

      client.sendBytes(bytes.toByteArray());

      assertThat(client.readHandshake().sessionId()).isNotZero();
      for (int xid = 1; xid <= 3; xid++) {
        RawClient.Frame reply = client.read();
        assertThat(reply.header().xid()).isEqualTo(xid);
        assertThat(reply.header().err()).isZero();
      }
    }
  }

  @Test
  void sessionsOutliveARestartAndTheirIdsAreNotGivenTwice() throws Exception {
    try (TestServer server = TestServer.start("tickTime=1000")) {
      Set<Long> ids = new HashSet<>();
      long kept = 0;
      byte[] password = {};
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
          try (RawClient client = RawClient.connect(server, 20_000)) {
            assertThat(ids.add(client.sessionId())).as("a new id").isTrue();
            if (round == 0 && i == 0) {
              kept = client.sessionId();
              password = client.password();
              client.ok(ephemeral("/kept"));
            }
          }
        }
        server.restart();
      }
      try (RawClient again = RawClient.open(server.port())) {
        assertThat(again.handshake(kept, password, 20_000).sessionId()).isEqualTo(kept);
        again.ok(new Request.Exists("/kept", false));
      }
    }
  }

  private static Request ephemeral(String path) {
    return new Request.Create(OpCode.CREATE, path, new byte[0], Acl.OPEN, 1, 0);
  }
}
