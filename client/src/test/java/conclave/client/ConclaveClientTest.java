package conclave.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ScriptedServer.Peer;
import conclave.client.ScriptedServer.Received;
import conclave.protocol.ConnectRequest;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import conclave.protocol.Xid;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConclaveClientTest {
  private static final Stat STAT = new Stat(1, 2, 3, 4, 5, 6, 7, 0, 5, 0, 9);
  private static final int LONG_TIMEOUT_MS = 30_000;

  private ScriptedServer server;
  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
  private final ClientListener listener =
      new ClientListener() {
        @Override
        public void watchFired(WatchEvent event) {
          heard.add(event);
        }

        @Override
        public void sessionChanged(SessionState state) {
          heard.add(state);
        }
      };
  private final ClientOptions options =
      ClientOptions.defaults().withListener(listener).withFirstConnectWithinMs(0);

  @BeforeEach
  void listen() throws IOException {
    server = new ScriptedServer();
  }

  @AfterEach
  void stopListening() throws IOException {
    server.close();
  }

  @Test
  void handshakeAsksForANewSession() throws Exception {
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options.withSessionTimeoutMs(7_000));
    try (Peer peer = server.accept()) {
      ConnectRequest hello = peer.readHandshake();
      assertThat(hello.sessionId()).isZero();
      assertThat(hello.timeoutMs()).isEqualTo(7_000);
      assertThat(hello.passwd()).isEqualTo(new byte[16]);
      assertThat(hello.readOnly()).isFalse();
      peer.answerHandshake(6_000);

      ConclaveClient client = get(connecting);

      assertThat(client.sessionId()).isEqualTo(ScriptedServer.SESSION_ID);
      assertThat(client.sessionTimeoutMs()).isEqualTo(6_000);
      assertThat(hear()).isEqualTo(SessionState.CONNECTED);
    }
  }

  @Test
  void requestsArePipelinedAndAnsweredInOrder() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Node> first = session.client.getData("/a");
      CompletableFuture<Children> second = session.client.getChildren("/b");
      CompletableFuture<Created> third =
          session.client.create("/c", new byte[] {1}, CreateMode.EPHEMERAL);

      Received one = session.peer.readRequest();
      Received two = session.peer.readRequest();
      Received three = session.peer.readRequest();
      assertThat(one).isEqualTo(new Received(1, new Request.GetData("/a", false)));
      assertThat(two)
          .isEqualTo(new Received(2, new Request.GetChildren(OpCode.GET_CHILDREN2, "/b", false)));
      assertThat(three.xid()).isEqualTo(3);

      session.peer.reply(1, 10, new Reply.OfData("hello".getBytes(UTF_8), STAT));
      session.peer.reply(2, 10, new Reply.OfNamesAndStat(List.of("x", "y"), STAT));
      session.peer.reply(3, 11, new Reply.OfPathAndStat("/c", STAT));

      assertThat(get(first).data()).isEqualTo("hello".getBytes(UTF_8));
      assertThat(get(second).names()).containsExactly("x", "y");
      assertThat(get(third)).isEqualTo(new Created("/c", STAT));
    }
  }

  @Test
  void answersMayArriveByteByByteOrAllAtOnce() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Void> first = session.client.delete("/a", 3);
      CompletableFuture<Void> second = session.client.delete("/b", -1);
      byte[] one = Peer.frame(w -> new conclave.protocol.ReplyHeader(1, 5, 0).write(w));
      byte[] two = Peer.frame(w -> new conclave.protocol.ReplyHeader(2, 6, 0).write(w));
      session.peer.readRequest();
      session.peer.readRequest();
      for (byte b : one) {
        session.peer.sendRaw(new byte[] {b});
      }
      session.peer.sendRaw(two);
      get(first);
      get(second);
    }
  }

  @Test
  void refusalIsTyped() throws Exception {
    try (Session session = open("/root")) {
      CompletableFuture<Node> answer = session.client.getData("/a");
      Received request = session.peer.readRequest();
      assertThat(request.request()).isEqualTo(new Request.GetData("/root/a", false));
      session.peer.refuse(request.xid(), 4, ErrorCode.NO_NODE.code());

      assertThatThrownBy(() -> get(answer))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refused -> {
                assertThat(refused.error()).isEqualTo(ErrorCode.NO_NODE);
                assertThat(refused.path()).isEqualTo("/a");
                assertThat(refused.op()).isEqualTo(OpCode.GET_DATA);
              });
    }
  }

  @Test
  void aMissingZnodeIsAnAnswerToExists() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<?> answer = session.client.exists("/a");
      session.peer.refuse(session.peer.readRequest().xid(), 4, ErrorCode.NO_NODE.code());
      assertThat(get(answer)).isEqualTo(java.util.Optional.empty());
    }
  }

  @Test
  void chrootIsPutBeforeRequestsAndTakenFromAnswersAndEvents() throws Exception {
    try (Session session = open("/my/app")) {
      CompletableFuture<Created> created =
          session.client.create("/", null, CreateMode.PERSISTENT_SEQUENTIAL);
      Received request = session.peer.readRequest();
      assertThat(((Request.Create) request.request()).path()).isEqualTo("/my/app/");
      session.peer.reply(request.xid(), 5, new Reply.OfPathAndStat("/my/app/0000000001", STAT));
      session.peer.event(6, EventType.NODE_DELETED.code(), "/my/app/x");

      assertThat(get(created).path()).isEqualTo("/0000000001");
      assertThat(hear()).isEqualTo(SessionState.CONNECTED);
      assertThat(hear()).isEqualTo(new WatchEvent(EventType.NODE_DELETED, "/x", 6));
    }
  }

  @Test
  void anEventIsHeardBeforeTheReplyBehindIt() throws Exception {
    try (Session session = open("")) {
      assertThat(hear()).isEqualTo(SessionState.CONNECTED);
      CompletableFuture<Void> answer =
          session.client.getData("/a").thenAccept(node -> heard.add("reply"));
      Received request = session.peer.readRequest();
      session.peer.event(6, EventType.NODE_DATA_CHANGED.code(), "/a");
      session.peer.reply(request.xid(), 6, new Reply.OfData(null, STAT));
      get(answer);
      assertThat(hear()).isEqualTo(new WatchEvent(EventType.NODE_DATA_CHANGED, "/a", 6));
      assertThat(hear()).isEqualTo("reply");
    }
  }

  @Test
  void reconnectKeepsTheSessionAndRestoresCredentialsAndWatches() throws Exception {
    try (Session session = open("/r")) {
      CompletableFuture<Void> auth = session.client.addAuth("digest", "u:p".getBytes(UTF_8));
      Received sentAuth = session.peer.readRequest();
      assertThat(sentAuth.xid()).isEqualTo(Xid.AUTH);
      session.peer.refuse(Xid.AUTH, 0, 0);
      get(auth);
      CompletableFuture<Node> watched = session.client.getData("/d", true);
      CompletableFuture<?> missing = session.client.exists("/e", true);
      CompletableFuture<Node> fired = session.client.getData("/f", true);
      session.peer.reply(session.peer.readRequest().xid(), 20, new Reply.OfData(null, STAT));
      session.peer.refuse(session.peer.readRequest().xid(), 20, ErrorCode.NO_NODE.code());
      session.peer.reply(session.peer.readRequest().xid(), 20, new Reply.OfData(null, STAT));
      session.peer.event(21, EventType.NODE_DATA_CHANGED.code(), "/r/f");
      get(watched);
      get(missing);
      get(fired);
      CompletableFuture<Node> unanswered = session.client.getData("/g");
      session.peer.readRequest();
      session.peer.close();

      assertThatThrownBy(() -> get(unanswered)).isInstanceOf(ConnectionLostException.class);
      try (Peer again = server.accept()) {
        ConnectRequest hello = again.readHandshake();
        assertThat(hello.sessionId()).isEqualTo(ScriptedServer.SESSION_ID);
        assertThat(hello.passwd()).isEqualTo(ScriptedServer.PASSWORD);
        assertThat(hello.lastZxidSeen()).isEqualTo(21);
        CompletableFuture<Void> later = session.client.delete("/h", -1);
        again.answerHandshake(LONG_TIMEOUT_MS);

        Received authAgain = again.readRequest();
        assertThat(authAgain.request().op()).isEqualTo(OpCode.AUTH);
        assertThat(again.readRequest())
            .isEqualTo(
                new Received(
                    Xid.SET_WATCHES,
                    new Request.SetWatches(
                        OpCode.SET_WATCHES,
                        21,
                        List.of("/r/d"),
                        List.of("/r/e"),
                        List.of(),
                        List.of(),
                        List.of())));
        again.refuse(Xid.AUTH, 0, 0);
        again.refuse(Xid.SET_WATCHES, 21, 0);
        Received request = again.readRequest();
        assertThat(request).isEqualTo(new Received(1, new Request.Delete("/r/h", -1)));
        again.refuse(request.xid(), 22, 0);
        get(later);
      }
    }
  }

  @Test
  void anExpiredSessionEndsTheClient() throws Exception {
    try (Session session = open("")) {
      session.peer.close();
      try (Peer again = server.accept()) {
        again.readHandshake();
        CompletableFuture<Node> waiting = session.client.getData("/a");
        again.refuseSession();
        assertThatThrownBy(() -> get(waiting))
            .isInstanceOfSatisfying(
                SessionEndedException.class,
                ended -> assertThat(ended.state()).isEqualTo(SessionState.EXPIRED));
      }
      assertThat(List.of(hear(), hear(), hear()))
          .containsExactly(SessionState.CONNECTED, SessionState.DISCONNECTED, SessionState.EXPIRED);
      assertThatThrownBy(() -> get(session.client.getData("/b")))
          .isInstanceOf(SessionEndedException.class);
    }
  }

  @Test
  void anIdleClientPings() throws Exception {
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options);
    try (Peer peer = server.acceptSession(300)) {
      get(connecting);
      assertThat(peer.readAny()).isEqualTo(new Received(Xid.PING, new Request.Ping()));
      peer.refuse(Xid.PING, 0, 0);
      assertThat(peer.readAny()).isEqualTo(new Received(Xid.PING, new Request.Ping()));
    }
  }

  @Test
  void aSilentServerIsLeftInTimeForAnother() throws Exception {
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options);
    try (Peer silent = server.acceptSession(200)) {
      get(connecting);
      try (Peer again = server.accept()) {
        assertThat(again.readHandshake().sessionId()).isEqualTo(ScriptedServer.SESSION_ID);
      }
    }
  }

  @Test
  void noServerIsAnErrorThatNamesEveryAttempt() throws Exception {
    int freePort;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      freePort = free.getLocalPort();
    }
    assertThatThrownBy(() -> get(ConclaveClient.connect("127.0.0.1:" + freePort, options)))
        .isInstanceOf(ConnectionLostException.class)
        .hasMessageContaining("127.0.0.1:" + freePort)
        .hasMessageContaining("refused");
  }

  @Test
  void anAnswerOutOfTurnBreaksTheConnection() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Node> answer = session.client.getData("/a");
      Received request = session.peer.readRequest();
      session.peer.reply(request.xid() + 1, 6, new Reply.OfData(null, STAT));
      assertThatThrownBy(() -> get(answer))
          .isInstanceOf(ConnectionLostException.class)
          .hasMessageContaining("turn");
    }
  }

  @Test
  void anAnswerThatIsTooLongOrTornBreaksTheConnection() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Node> torn = session.client.getData("/a");
      Received request = session.peer.readRequest();
      session.peer.reply(request.xid(), 6, Reply.NOTHING);
      assertThatThrownBy(() -> get(torn)).isInstanceOf(ConnectionLostException.class);
      try (Peer again = server.acceptSession(LONG_TIMEOUT_MS)) {
        CompletableFuture<Node> tooLong = session.client.getData("/a");
        again.readRequest();
        again.sendRaw(new byte[] {0x7f, 0, 0, 0});
        assertThatThrownBy(() -> get(tooLong))
            .isInstanceOf(ConnectionLostException.class)
            .hasMessageContaining("limit");
      }
    }
  }

  @Test
  void refusedCredentialsEndTheClient() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Void> auth = session.client.addAuth("digest", new byte[0]);
      session.peer.readRequest();
      session.peer.refuse(Xid.AUTH, 0, ErrorCode.AUTH_FAILED.code());
      assertThatThrownBy(() -> get(auth))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refused -> assertThat(refused.error()).isEqualTo(ErrorCode.AUTH_FAILED));
      assertThat(List.of(hear(), hear()))
          .containsExactly(SessionState.CONNECTED, SessionState.AUTH_FAILED);
    }
  }

  @Test
  void closeTellsTheServer() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Void> closed = session.client.closeAsync();
      Received request = session.peer.readRequest();
      assertThat(request.request()).isEqualTo(new Request.CloseSession());
      session.peer.refuse(request.xid(), 30, 0);
      session.peer.close();
      get(closed);
      assertThat(List.of(hear(), hear()))
          .containsExactly(SessionState.CONNECTED, SessionState.CLOSED);
    }
  }

  @Test
  void aListenerThatThrowsCostsNothing() throws Exception {
    ClientListener broken =
        new ClientListener() {
          @Override
          public void watchFired(WatchEvent event) {
            throw new IllegalStateException("on purpose");
          }
        };
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options.withListener(broken));
    try (Peer peer = server.acceptSession(LONG_TIMEOUT_MS)) {
      CompletableFuture<Void> deleted = get(connecting).delete("/a", -1);
      peer.event(6, EventType.NODE_DELETED.code(), "/a");
      peer.refuse(peer.readRequest().xid(), 6, 0);
      get(deleted);
    }
  }

  @Test
  void aPathThatNoServerAcceptsIsRefusedOnTheSpot() throws Exception {
    try (Session session = open("")) {
      assertThatThrownBy(() -> session.client.getData("a"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("\"a\"");
    }
  }

  /** A client with the server's end of its connection. */
  private record Session(ConclaveClient client, Peer peer) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      peer.close();
      client.closeAsync();
    }
  }

  private Session open(String chroot) throws Exception {
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address() + chroot, options);
    Peer peer = server.acceptSession(LONG_TIMEOUT_MS);
    return new Session(get(connecting), peer);
  }

  private Object hear() throws InterruptedException {
    Object next = heard.poll(ScriptedServer.TIMEOUT_MS, TimeUnit.MILLISECONDS);
    assertThat(next).as("something heard in time").isNotNull();
    return next;
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.orTimeout(ScriptedServer.TIMEOUT_MS, TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
