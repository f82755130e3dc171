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

@Timeout(300)
class ConclaveClientTest {
  private static final Stat STAT = new Stat(1, 2, 3, 4, 5, 6, 7, 0, 5, 0, 9);
  private static final int LONG_TIMEOUT_MS = 30_000;

  private ScriptedServer server;
  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
  private final ClientOptions options = ClientOptions.defaults().withFirstConnectWithinMs(0);

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
      client.onSession(event -> heard.add(event.state()));
      assertThat(hear()).isEqualTo(SessionState.CONNECTED);
    }
  }

  @Test
  void requestsArePipelinedAndAnsweredInOrder() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Outcome<Node>> first = session.client.getData("/a");
      CompletableFuture<Outcome<Children>> second = session.client.getChildren("/b");
      CompletableFuture<Outcome<Created>> third =
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

      assertThat(get(first).orThrow().data()).isEqualTo("hello".getBytes(UTF_8));
      assertThat(get(second).orThrow().names()).containsExactly("x", "y");
      assertThat(get(third).orThrow()).isEqualTo(new Created("/c", STAT));
    }
  }

  @Test
  void answersMayArriveByteByByteOrAllAtOnce() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Outcome<Void>> first = session.client.delete("/a", 3);
      CompletableFuture<Outcome<Void>> second = session.client.delete("/b", -1);
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
      CompletableFuture<Outcome<Node>> answer = session.client.getData("/a");
      Received request = session.peer.readRequest();
      assertThat(request.request()).isEqualTo(new Request.GetData("/root/a", false));
      session.peer.refuse(request.xid(), 4, ErrorCode.NO_NODE.code());

      assertThat(get(answer))
          .isEqualTo(new Outcome.Refused<>(Refusal.NO_NODE, OpCode.GET_DATA, "/a"));
      assertThatThrownBy(() -> get(answer).orThrow())
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
      session.client.addWatch("/x", WatchMode.PERSISTENT, heard::add);
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfNumber(0));
      CompletableFuture<Outcome<Created>> created =
          session.client.create("/", null, CreateMode.PERSISTENT_SEQUENTIAL);
      Received request = session.peer.readRequest();
      assertThat(((Request.Create) request.request()).path()).isEqualTo("/my/app/");
      session.peer.reply(request.xid(), 5, new Reply.OfPathAndStat("/my/app/0000000001", STAT));
      session.peer.event(6, EventType.NODE_DELETED.code(), "/my/app/x");

      assertThat(get(created).orThrow().path()).isEqualTo("/0000000001");
      assertThat(hear()).isEqualTo(new WatchEvent(EventType.NODE_DELETED, "/x", 6));
    }
  }

  @Test
  void anEventIsHeardBeforeTheReplyBehindIt() throws Exception {
    try (Session session = open("")) {
      session.client.addWatch("/a", WatchMode.PERSISTENT_RECURSIVE, heard::add);
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfNumber(0));
      CompletableFuture<Void> answer =
          session.client.getData("/a").thenAccept(node -> heard.add("reply"));
      Received request = session.peer.readRequest();
      session.peer.event(6, EventType.NODE_DATA_CHANGED.code(), "/a/b");
      session.peer.reply(request.xid(), 6, new Reply.OfData(null, STAT));
      get(answer);
      assertThat(hear()).isEqualTo(new WatchEvent(EventType.NODE_DATA_CHANGED, "/a/b", 6));
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
      CompletableFuture<Outcome<Watched<Node>>> watched = session.client.getDataAndWatch("/d");
      CompletableFuture<?> missing = session.client.existsAndWatch("/e");
      CompletableFuture<Outcome<Watched<Node>>> fired = session.client.getDataAndWatch("/f");
      session.peer.reply(session.peer.readRequest().xid(), 20, new Reply.OfData(null, STAT));
      session.peer.refuse(session.peer.readRequest().xid(), 20, ErrorCode.NO_NODE.code());
      session.peer.reply(session.peer.readRequest().xid(), 20, new Reply.OfData(null, STAT));
      session.peer.event(21, EventType.NODE_DATA_CHANGED.code(), "/r/f");
      get(watched);
      get(missing);
      assertThat(get(get(fired).orThrow().event()))
          .isEqualTo(new WatchEvent(EventType.NODE_DATA_CHANGED, "/f", 21));
      CompletableFuture<?> unanswered = session.client.setData("/g", null, 1);
      CompletableFuture<?> repeated = session.client.getData("/g");
      session.peer.readRequest();
      session.peer.readRequest();
      session.peer.close();

      assertThatThrownBy(() -> get(unanswered)).isInstanceOf(ConnectionLostException.class);
      try (Peer again = server.accept()) {
        ConnectRequest hello = again.readHandshake();
        assertThat(hello.sessionId()).isEqualTo(ScriptedServer.SESSION_ID);
        assertThat(hello.passwd()).isEqualTo(ScriptedServer.PASSWORD);
        assertThat(hello.lastZxidSeen()).isEqualTo(21);
        CompletableFuture<?> later = session.client.delete("/h", -1);
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
        Received reading = again.readRequest();
        // Numbers go on: where a session has moved, Apache's servers tell its requests by them.
        assertThat(reading).isEqualTo(new Received(6, new Request.GetData("/r/g", false)));
        again.reply(6, 22, new Reply.OfData(null, STAT));
        get(repeated);
        Received request = again.readRequest();
        assertThat(request).isEqualTo(new Received(7, new Request.Delete("/r/h", -1)));
        again.refuse(request.xid(), 22, 0);
        get(later);
      }
    }
  }

  @Test
  void anExpiredSessionIsLostAndAnotherOneBegins() throws Exception {
    try (Session session = open("")) {
      session.client.onSession(event -> heard.add(event.state()));
      CompletableFuture<Outcome<Watched<Node>>> watched = session.client.getDataAndWatch("/w");
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfData(null, STAT));
      CompletableFuture<WatchEvent> event = get(watched).orThrow().event();
      session.client.addWatch("/p", WatchMode.PERSISTENT, heard::add);
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfNumber(0));
      ConclaveClient bound = session.client.inThisSession();
      assertThat(bound.certainFor()).isPositive();
      session.peer.close();
      CompletableFuture<?> waiting;
      CompletableFuture<?> ofTheFirst;
      try (Peer again = server.accept()) {
        assertThat(again.readHandshake().sessionId()).isEqualTo(ScriptedServer.SESSION_ID);
        waiting = session.client.getData("/a");
        ofTheFirst = bound.create("/b", null, CreateMode.EPHEMERAL);
        again.refuseSession();
        assertThatThrownBy(() -> get(ofTheFirst)).isInstanceOf(SessionEndedException.class);
        assertThatThrownBy(() -> get(event)).isInstanceOf(SessionEndedException.class);
      }
      try (Peer fresh = server.accept()) {
        assertThat(fresh.readHandshake().sessionId()).isZero();
        fresh.answerHandshake(LONG_TIMEOUT_MS);
        // What stays is set again, what fires once is not.
        assertThat(fresh.readRequest().request())
            .isEqualTo(
                new Request.SetWatches(
                    OpCode.SET_WATCHES2,
                    4,
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of("/p"),
                    List.of()));
        fresh.refuse(Xid.SET_WATCHES, 4, 0);
        Received request = fresh.readRequest();
        assertThat(request.request()).isEqualTo(new Request.GetData("/a", false));
        fresh.reply(request.xid(), 4, new Reply.OfData(null, STAT));
        get(waiting);
        assertThat(bound.certainFor()).isZero();
        assertThat(session.client.certainFor()).isPositive();
        assertThatThrownBy(() -> get(bound.getData("/a")))
            .isInstanceOfSatisfying(
                SessionEndedException.class,
                ended -> assertThat(ended.state()).isEqualTo(SessionState.LOST));
      }
      assertThat(List.of(hear(), hear(), hear(), hear()))
          .containsExactly(
              SessionState.CONNECTED,
              SessionState.SUSPENDED,
              SessionState.LOST,
              SessionState.CONNECTED);
    }
  }

  @Test
  void aClientThatDoesNotRenewEndsWithItsSession() throws Exception {
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options.withRenewSession(false));
    Peer peer = server.acceptSession(LONG_TIMEOUT_MS);
    ConclaveClient client = get(connecting);
    peer.close();
    try (Peer again = server.accept()) {
      again.readHandshake();
      CompletableFuture<?> waiting = client.getData("/a");
      again.refuseSession();
      assertThatThrownBy(() -> get(waiting)).isInstanceOf(SessionEndedException.class);
    }
    assertThatThrownBy(() -> get(client.getData("/b"))).isInstanceOf(SessionEndedException.class);
    assertThat(client.state()).isEqualTo(SessionState.LOST);
  }

  @Test
  void aSessionThatNobodyAnswersForIsLostByTheClientsOwnClock() throws Exception {
    long askedNanos = System.nanoTime();
    CompletableFuture<ConclaveClient> connecting =
        ConclaveClient.connect(server.address(), options);
    try (Peer peer = server.acceptSession(400)) {
      ConclaveClient client = get(connecting);
      client.onSession(event -> heard.add(event.state()));
      assertThat(hear()).isEqualTo(SessionState.CONNECTED);
      assertThat(hear()).isEqualTo(SessionState.SUSPENDED);
      assertThat(hear()).isEqualTo(SessionState.LOST);
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNanos))
          .isBetween(200L, 20_000L);
      assertThat(client.certainFor()).isZero();
    }
  }

  @Test
  void everyRequestHasADeadline() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<?> silent =
          session.client.within(java.time.Duration.ofMillis(50)).getData("/a");
      assertThatThrownBy(() -> get(silent)).isInstanceOf(DeadlineException.class);
      // Its place in the order is kept: the late answer is not taken for another's.
      CompletableFuture<Outcome<Node>> next = session.client.getData("/b");
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfData(null, STAT));
      session.peer.reply(
          session.peer.readRequest().xid(), 4, new Reply.OfData("b".getBytes(UTF_8), STAT));
      assertThat(get(next).orThrow().data()).isEqualTo("b".getBytes(UTF_8));
    }
  }

  @Test
  void aRequestThatCannotBeSentSaysWhy() throws Exception {
    try (Session session = open("")) {
      server.close();
      session.peer.close();
      assertThatThrownBy(
              () ->
                  get(
                      session
                          .client
                          .within(java.time.Duration.ofMillis(200))
                          .setData("/a", null, 1)))
          .isInstanceOf(ConnectionLostException.class);
    }
  }

  @Test
  void aWatchThatNobodyWaitsForIsTakenBack() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Watched<java.util.Optional<Stat>>> one =
          session.client.existsAndWatch("/a");
      CompletableFuture<Watched<java.util.Optional<Stat>>> two =
          session.client.existsAndWatch("/a");
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfStat(STAT));
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfStat(STAT));
      get(one).event().cancel(true);
      get(two).event().cancel(true);
      assertThat(session.peer.readRequest().request())
          .isEqualTo(new Request.Watches(OpCode.REMOVE_WATCHES, "/a", 3));
    }
  }

  @Test
  void aWatchThatIsBeingAskedForIsNotTakenBackWithAnother() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Watched<java.util.Optional<Stat>>> one =
          session.client.existsAndWatch("/a");
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfStat(STAT));
      CompletableFuture<WatchEvent> given = get(one).event();
      CompletableFuture<Watched<java.util.Optional<Stat>>> two =
          session.client.existsAndWatch("/a");
      Received second = session.peer.readRequest();
      given.cancel(true);
      CompletableFuture<?> marker = session.client.getData("/marker");
      Received next = session.peer.readRequest();
      assertThat(next.request()).isEqualTo(new Request.GetData("/marker", false));
      session.peer.reply(second.xid(), 4, new Reply.OfStat(STAT));
      session.peer.reply(next.xid(), 4, new Reply.OfData(null, STAT));
      get(marker);
      session.peer.event(5, EventType.NODE_DELETED.code(), "/a");
      assertThat(get(get(two).event()).type()).isEqualTo(EventType.NODE_DELETED);
    }
  }

  @Test
  void aReaderWithoutQuorumMovesToAServerThatHasOne() throws Exception {
    try (ScriptedServer second = new ScriptedServer()) {
      CompletableFuture<ConclaveClient> connecting =
          ConclaveClient.connect(server.address(), options.withAcceptReadOnly(true));
      ConclaveClient client;
      try (Peer readOnly = server.accept()) {
        assertThat(readOnly.readHandshake().readOnly()).isTrue();
        readOnly.answerHandshakeReadOnly(LONG_TIMEOUT_MS);
        client = get(connecting);
        client.onSession(event -> heard.add(event.state()));
        assertThat(hear()).isEqualTo(SessionState.CONNECTED_READ_ONLY);
      }
      // A session that a server without a quorum has made up is offered to nobody.
      try (Peer again = server.accept()) {
        assertThat(again.readHandshake().sessionId()).isZero();
        // While it waits for this one it makes no other connection, which the next client's would
        // have to stand in line behind.
        client.close();
      }

      connecting =
          ConclaveClient.connect(
              server.address() + "," + second.address(), options.withAcceptReadOnly(true));
      client = get(serveReadOnlyThenProbed(connecting, second));
      assertThat(client.state()).isEqualTo(SessionState.CONNECTED);
      client.closeAsync();
    }
  }

  /** Whichever server is tried first has no quorum; the other one says that it has. */
  private CompletableFuture<ConclaveClient> serveReadOnlyThenProbed(
      CompletableFuture<ConclaveClient> connecting, ScriptedServer second) throws Exception {
    CompletableFuture<Peer> onFirst = CompletableFuture.supplyAsync(() -> unchecked(server));
    CompletableFuture<Peer> onSecond = CompletableFuture.supplyAsync(() -> unchecked(second));
    boolean firstIsReadOnly =
        CompletableFuture.anyOf(onFirst, onSecond).join() == onFirst.getNow(null);
    Peer readOnly = firstIsReadOnly ? onFirst.join() : onSecond.join();
    readOnly.readHandshake();
    readOnly.answerHandshakeReadOnly(LONG_TIMEOUT_MS);
    Peer probed = firstIsReadOnly ? onSecond.join() : onFirst.join();
    assertThat(probed.readRaw(4)).isEqualTo("isro".getBytes(UTF_8));
    probed.sendRaw("rw".getBytes(UTF_8));
    Peer chosen = (firstIsReadOnly ? second : server).accept();
    assertThat(chosen.readHandshake().sessionId()).isZero();
    chosen.answerHandshake(LONG_TIMEOUT_MS);
    CompletableFuture<ConclaveClient> moved =
        connecting.thenCompose(client -> client.sync("/").thenApply(synced -> client));
    Received sync = chosen.readRequest();
    chosen.reply(sync.xid(), 1, new Reply.OfPath("/"));
    return moved;
  }

  private static Peer unchecked(ScriptedServer on) {
    try {
      return on.accept();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aTransactionIsDoneOrNamesWhatStoodAgainstIt() throws Exception {
    try (Session session = open("/r")) {
      CompletableFuture<TransactionOutcome> committed =
          session
              .client
              .transaction()
              .create("/a-", null, CreateMode.PERSISTENT_SEQUENTIAL)
              .check("/b", 1)
              .setData("/c", null, 2)
              .commit();
      session.peer.reply(
          session.peer.readRequest().xid(),
          5,
          new Reply.OfMulti(
              List.of(
                  new Reply.OpResult(
                      OpCode.CREATE2, ErrorCode.OK, new Reply.OfPathAndStat("/r/a-1", STAT)),
                  new Reply.OpResult(OpCode.CHECK, ErrorCode.OK, Reply.NOTHING),
                  new Reply.OpResult(OpCode.SET_DATA, ErrorCode.OK, new Reply.OfStat(STAT)))));
      assertThat(get(committed).orThrow())
          .containsExactly(
              new TransactionOutcome.Result("/a-1", STAT),
              new TransactionOutcome.Result("/b", null),
              new TransactionOutcome.Result("/c", STAT));

      CompletableFuture<TransactionOutcome> refused =
          session.client.transaction().check("/b", 1).delete("/c", 2).commit();
      session.peer.reply(
          session.peer.readRequest().xid(),
          5,
          new Reply.OfMulti(
              List.of(
                  Reply.OpResult.refused(ErrorCode.OK),
                  Reply.OpResult.refused(ErrorCode.BAD_VERSION))));
      assertThat(get(refused))
          .isEqualTo(
              new TransactionOutcome.RolledBack(1, OpCode.DELETE, "/c", ErrorCode.BAD_VERSION));
    }
  }

  @Test
  void aGuardedCreationLooksForItselfAfterALostAnswer() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Outcome<Created>> creating =
          session.client.createGuarded(
              "/q/lock-", null, CreateMode.EPHEMERAL_SEQUENTIAL, conclave.protocol.Acl.OPEN);
      Request.Create first = (Request.Create) session.peer.readRequest().request();
      assertThat(first.path()).matches("/q/_c_[0-9a-f-]{36}-lock-");
      session.peer.close();
      try (Peer again = server.acceptSession(LONG_TIMEOUT_MS)) {
        Received sync = again.readRequest();
        again.reply(sync.xid(), 5, new Reply.OfPath("/q"));
        Received list = again.readRequest();
        String name = first.path().substring("/q/".length()) + "0000000007";
        again.reply(list.xid(), 5, new Reply.OfNamesAndStat(List.of("other", name), STAT));
        Received exists = again.readRequest();
        again.reply(exists.xid(), 5, new Reply.OfStat(STAT));
        assertThat(get(creating).orThrow()).isEqualTo(new Created("/q/" + name, STAT));
      }
    }
  }

  @Test
  void waitingOnTheClientsOwnThreadIsAMistakeThatIsTold() throws Exception {
    try (Session session = open("")) {
      CompletableFuture<Object> tried = new CompletableFuture<>();
      session
          .client
          .executor()
          .execute(
              () -> {
                try {
                  tried.complete(session.client.blocking().getData("/a"));
                } catch (IllegalStateException e) {
                  tried.completeExceptionally(e);
                }
              });
      assertThatThrownBy(() -> get(tried))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("own thread");
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
      CompletableFuture<?> answer = session.client.setData("/a", null, -1);
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
      CompletableFuture<?> torn = session.client.setData("/a", null, -1);
      Received request = session.peer.readRequest();
      session.peer.reply(request.xid(), 6, Reply.NOTHING);
      assertThatThrownBy(() -> get(torn)).isInstanceOf(ConnectionLostException.class);
      try (Peer again = server.acceptSession(LONG_TIMEOUT_MS)) {
        CompletableFuture<?> tooLong = session.client.setData("/a", null, -1);
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
      session.client.onSession(event -> heard.add(event.state()));
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
      session.client.onSession(event -> heard.add(event.state()));
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
    try (Session session = open("")) {
      session.client.onSession(
          event -> {
            throw new IllegalStateException("on purpose");
          });
      session.client.addWatch(
          "/a",
          WatchMode.PERSISTENT,
          event -> {
            throw new IllegalStateException("on purpose");
          });
      session.peer.reply(session.peer.readRequest().xid(), 4, new Reply.OfNumber(0));
      CompletableFuture<?> deleted = session.client.delete("/a", -1);
      session.peer.event(6, EventType.NODE_DELETED.code(), "/a");
      session.peer.refuse(session.peer.readRequest().xid(), 6, 0);
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
