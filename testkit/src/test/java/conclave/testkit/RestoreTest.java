package conclave.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.JuteReader;
import conclave.protocol.OpCode;
import conclave.protocol.Request;
import conclave.server.ConclaveServer;
import conclave.testkit.RawClient.Frame;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The AdminServer's restore: what it leaves, to whom it happens, and what it refuses. */
@Timeout(300)
class RestoreTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String[] OFTEN = {
    "admin.serverPort=0", "admin.serverAddress=127.0.0.1", "admin.rateLimiterIntervalInMS=0"
  };
  private static final int NO_NODE = -101;
  private static final int NODE_EXISTS = -110;

  private static TestServer start(String... more) {
    return TestServer.start(
        Stream.concat(Stream.of(OFTEN), Stream.of(more)).toArray(String[]::new));
  }

  private static byte[] snapshot(TestServer server) throws Exception {
    return snapshot(server.server().adminPort());
  }

  private static byte[] snapshot(int port) throws Exception {
    HttpRequest request = request(port, "snapshot", "digest ann:secret").GET().build();
    HttpResponse<byte[]> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  private static HttpRequest.Builder request(int port, String command, String who) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/commands/" + command))
        .header("Authorization", who);
  }

  private static HttpResponse<String> restore(int port, BodyPublisher body) throws Exception {
    return CLIENT.send(
        request(port, "restore", "digest ann:secret").POST(body).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> restore(TestServer server, byte[] body) throws Exception {
    return restore(server.server().adminPort(), BodyPublishers.ofByteArray(body));
  }

  private static long lastZxid(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("\"command\" : \"restore\"", "\"error\" : null");
    return Long.parseLong(answer.body().replaceAll("(?s).*\"last_zxid\" : (\\d+).*", "$1"));
  }

  private static int exists(RawClient client, String path) throws IOException {
    return client.call(new Request.Exists(path, false)).header().err();
  }

  private static String data(RawClient client, String path) throws IOException {
    JuteReader body = client.ok(new Request.GetData(path, false)).body();
    return new String(body.readBuffer(), UTF_8);
  }

  private static Request ephemeral(String path) {
    return new Request.Create(OpCode.CREATE, path, new byte[0], Acl.OPEN, 1, 0);
  }

  private static boolean isClean(TestServer server) throws IOException {
    try (Stream<Path> files = Files.list(server.dataDir().resolve("version-2"))) {
      return files.noneMatch(file -> file.toString().endsWith("-tmp"));
    }
  }

  @Test
  void theSnapshotTakesThePlaceOfEverythingAndStays() throws Exception {
    try (TestServer server = start()) {
      byte[] snapshot;
      try (RawClient client = RawClient.connect(server)) {
        client.ok(ReplyOrderTest.create("/kept", "then".getBytes(UTF_8)));
        client.ok(ephemeral("/kept/ephemeral"));
        snapshot = snapshot(server);
        client.ok(new Request.SetData("/kept", "later".getBytes(UTF_8), -1));
        client.ok(ReplyOrderTest.create("/new", new byte[0]));
        client.ok(ephemeral("/lock"));
        long before = client.ok(new Request.Exists("/new", false)).header().zxid();

        long zxid = lastZxid(restore(server, snapshot));

        assertThat(zxid).as("newer than all that anybody has seen").isGreaterThan(before);
        assertThat(zxid >>> 32).isEqualTo((before >>> 32) + 1);
        assertThat(client.isHungUpWithin(10_000)).isTrue();
        assertThat(isClean(server)).isTrue();
        try (RawClient again = RawClient.open(server.port())) {
          assertThat(again.handshake(client.sessionId(), client.password(), 5000).sessionId())
              .as("the session has expired")
              .isZero();
        }
      }
      for (int life = 0; life < 3; life++) {
        try (RawClient client = RawClient.connect(server)) {
          assertThat(data(client, "/kept")).isEqualTo("then");
          assertThat(exists(client, "/kept/ephemeral")).isEqualTo(NO_NODE);
          assertThat(exists(client, "/new")).isEqualTo(NO_NODE);
          assertThat(exists(client, "/lock")).isEqualTo(NO_NODE);
          client.ok(ReplyOrderTest.create("/life" + life, new byte[0]));
          assertThat(life == 0 ? 0 : exists(client, "/life" + (life - 1))).isZero();
        }
        server.restart();
      }
      assertThat(Http.get(server.server().adminPort(), "/commands/hash").statusCode())
          .isEqualTo(200);
    }
  }

  /** A disaster: the snapshot comes to a server that has nothing, and has had another life. */
  @Test
  void anotherServersSnapshotTakesThePlaceOfNothing() throws Exception {
    try (TestServer one = start();
        TestServer other = start("snapshot.compression.method=gz")) {
      try (RawClient client = RawClient.connect(one)) {
        client.ok(ReplyOrderTest.create("/a", new byte[0]));
        client.ok(ephemeral("/e"));
      }
      long first = lastZxid(restore(other, snapshot(one)));
      try (RawClient client = RawClient.connect(other)) {
        assertThat(exists(client, "/a")).isZero();
        assertThat(exists(client, "/e")).isEqualTo(NO_NODE);
        client.ok(ReplyOrderTest.create("/b", new byte[0]));
      }
      // And on, packed, to where the first came from.
      assertThat(lastZxid(restore(one, snapshot(other)))).isGreaterThan(first);
      try (RawClient client = RawClient.connect(one)) {
        assertThat(exists(client, "/b")).isZero();
      }
    }
  }

  /** The whole of it as a program sees it: its session expires, and nothing hangs. */
  @Test
  void clientsOfApacheAreToldThatTheirSessionsHaveExpired() throws Exception {
    try (TestServer server = start()) {
      CountDownLatch expired = new CountDownLatch(1);
      ZooKeeper client =
          new ZooKeeper(
              server.connectString(),
              20_000,
              event -> {
                if (event.getState() == Watcher.Event.KeeperState.Expired) {
                  expired.countDown();
                }
              });
      try {
        byte[] snapshot = snapshot(server);
        client.create("/lock", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        client.exists("/lock", true);
        lastZxid(restore(server, snapshot));
        assertThat(expired.await(60, TimeUnit.SECONDS)).isTrue();
      } finally {
        client.close();
      }
    }
  }

  @Test
  void writersAreAnsweredOrHungUpOnAndNothingOfTheirsComesAfterwards() throws Exception {
    try (TestServer server = start()) {
      byte[] snapshot = snapshot(server);
      try (RawClient client = RawClient.connect(server)) {
        List<Request> many =
            Stream.iterate(0, i -> i + 1)
                .limit(5000)
                .map(
                    i ->
                        i % 2 == 0
                            ? ephemeral("/e" + i)
                            : ReplyOrderTest.create("/p" + i, new byte[10]))
                .toList();
        client.sendBytes(RawClient.frames(1, many));
        lastZxid(restore(server, snapshot));
        assertThat(client.isHungUpWithin(10_000)).isTrue();
      }
      server.restart();
      String dump = Http.get(server.server().adminPort(), "/commands/dump").body();
      assertThat(dump).contains("\"session_id_to_ephemeral_paths\" : { }");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut", "damaged", "foreign", "longer"})
  void whatIsNoSnapshotChangesNothing(String how) throws Exception {
    try (TestServer server = start();
        RawClient client = RawClient.connect(server);
        LogLines log = new LogLines()) {
      client.ok(ReplyOrderTest.create("/a", new byte[100]));
      byte[] good = snapshot(server);
      client.ok(ReplyOrderTest.create("/b", new byte[0]));
      byte[] bad = good.clone();
      switch (how) {
        case "cut" -> bad = Arrays.copyOf(good, good.length - 20);
        case "damaged" -> bad[good.length / 2] ^= 1;
        case "foreign" -> bad = "{\"not\": \"a snapshot\"}".getBytes(UTF_8);
        default -> bad = Arrays.copyOf(good, good.length + 3);
      }
      HttpResponse<String> answer = restore(server, bad);
      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(answer.body()).contains("\"error\" : \"The snapshot can't be restored: ");
      assertThat(isClean(server)).isTrue();
      assertThat(log.messages()).anyMatch(line -> line.contains("everything is as it was"));
      // The same connection and session, as if nothing had been.
      assertThat(client.call(ReplyOrderTest.create("/b", new byte[0])).header().err())
          .isEqualTo(NODE_EXISTS);
      lastZxid(restore(server, good));
      assertThat(Http.get(server.server().adminPort(), "/commands/monitor").body())
          .contains("\"restore_error_count\" : 1", "\"cnt_restore_time\" : 1");
    }
  }

  @Test
  void largeOnesComeInPiecesAndIdleTimeoutsDoNotCountWhileTheyAreInstalled() throws Exception {
    try (TestServer server = start("admin.idleTimeout=400", "jute.maxbuffer=4000000")) {
      byte[] noise = new byte[900_000];
      new Random(1).nextBytes(noise);
      try (RawClient client = RawClient.connect(server)) {
        for (int i = 0; i < 30; i++) {
          client.ok(ReplyOrderTest.create("/n" + i, noise));
        }
      }
      byte[] snapshot = snapshot(server);
      assertThat(snapshot.length).isGreaterThan(27_000_000);
      int port = server.server().adminPort();
      lastZxid(
          restore(port, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(snapshot))));
      HttpRequest asksFirst =
          request(port, "rest", "digest ann:secret")
              .expectContinue(true)
              .POST(BodyPublishers.ofByteArray(snapshot))
              .build();
      lastZxid(CLIENT.send(asksFirst, HttpResponse.BodyHandlers.ofString()));
      try (RawClient client = RawClient.connect(server)) {
        assertThat(exists(client, "/n29")).isZero();
      }
    }
  }

  @Test
  void whoHangsUpInTheMiddleLeavesNothing() throws Exception {
    try (TestServer server = start()) {
      byte[] snapshot = snapshot(server);
      int port = server.server().adminPort();
      try (RawClient client = RawClient.open(port)) {
        client.sendBytes(
            ("POST /commands/restore HTTP/1.1\r\n"
                    + "Authorization: digest ann:secret\r\n"
                    + "Content-Length: "
                    + snapshot.length
                    + "\r\n\r\n")
                .getBytes(UTF_8));
        client.sendBytes(snapshot, 0, snapshot.length - 1);
        Await.until("it is being taken", () -> !isClean(server));
        // One at a time.
        assertThat(restore(server, snapshot).statusCode()).isEqualTo(429);
      }
      Await.until("it is removed", () -> isClean(server));
      lastZxid(restore(server, snapshot));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nZKSN\r\n-1\r\n",
        "Content-Length: 3\r\n\r\nabcGET /commands/ruok HTTP/1.1\r\n\r\n",
        "Content-Length: 0\r\n\r\n"
      })
  void rubbishIsAnsweredAndHungUpOn(String rest) throws Exception {
    try (TestServer server = start()) {
      try (RawClient client = RawClient.open(server.server().adminPort())) {
        client.sendBytes(
            ("POST /commands/restore HTTP/1.1\r\nAuthorization: digest ann:secret\r\n" + rest)
                .getBytes(UTF_8));
        assertThat(new String(client.readToEnd(), UTF_8))
            .matches("(?s)HTTP/1.1 (400|500) .*")
            .doesNotContain("ruok");
      }
      Await.until("nothing is left", () -> isClean(server));
      lastZxid(restore(server, snapshot(server)));
    }
  }

  @Test
  void whoMayNotOrNeedNot() throws Exception {
    try (TestServer server =
        TestServer.start("admin.serverPort=0", "admin.serverAddress=127.0.0.1")) {
      int port = server.server().adminPort();
      byte[] snapshot = snapshot(server);
      assertThat(restore(server, new byte[0]).statusCode()).isEqualTo(400);
      for (String who : List.of("nonsense", "nosuchscheme ann:secret")) {
        HttpRequest request =
            request(port, "restore", who).POST(BodyPublishers.ofByteArray(snapshot)).build();
        assertThat(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
            .isEqualTo(401);
      }
      lastZxid(restore(server, snapshot));
      HttpResponse<String> soon = restore(server, new byte[3_000_000]);
      assertThat(soon.statusCode()).isEqualTo(429);
      assertThat(soon.body()).contains("less than 300000 ms ago");
      assertThat(Http.get(port, "/commands/monitor").body())
          .contains("\"restore_rate_limited_count\" : 1", "\"restore_error_count\" : 0");
      try (RawClient client = RawClient.connect(server)) {
        client.ok(
            new Request.SetAcl(
                "/", List.of(new Acl(Acl.ALL, new conclave.protocol.Id("ip", "10.1.1.1"))), -1));
      }
      assertThat(restore(server, snapshot).statusCode()).isEqualTo(403);
    }
  }

  @Test
  void itCanBeSwitchedOff() throws Exception {
    try (TestServer server = start("admin.restore.enabled=false")) {
      HttpResponse<String> answer = restore(server, snapshot(server));
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("admin.restore.enabled=false");
    }
  }

  /** As operators are told to do it: one server alone, and then all with what it has. */
  @Test
  void anEnsembleIsRestoredByOneThatStandsAloneMeanwhile(@TempDir Path home) throws Exception {
    String[] settings =
        Stream.concat(Stream.of(OFTEN), Stream.of("admin.enableServer=true"))
            .toArray(String[]::new);
    try (TestEnsemble ensemble = TestEnsemble.start(3, settings)) {
      byte[] snapshot;
      long seen;
      try (RawClient client = connect(ensemble)) {
        client.ok(ReplyOrderTest.create("/a", new byte[0]));
        snapshot = snapshot(ensemble.server(ensemble.leader()).adminPort());
        seen = client.ok(ReplyOrderTest.create("/b", new byte[0])).header().zxid();
      }
      HttpResponse<String> answer =
          restore(ensemble.server(2).adminPort(), BodyPublishers.ofByteArray(snapshot));
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("a member of an ensemble");

      ensemble.members().forEach(ensemble::stopMember);
      Path file =
          Files.write(
              home.resolve("zoo.cfg"),
              List.of(
                  "dataDir=" + ensemble.dataDir(1),
                  "clientPort=0",
                  "admin.serverPort=0",
                  "admin.serverAddress=127.0.0.1"));
      try (ConclaveServer alone =
          ConclaveServer.start(TestServer.load(file), (code, what, cause) -> {})) {
        assertThat(lastZxid(restore(alone.adminPort(), BodyPublishers.ofByteArray(snapshot))))
            .isGreaterThan(seen);
      }
      Path made = onlySnapshot(ensemble.dataDir(1));
      for (long id : new long[] {2, 3}) {
        Path directory = ensemble.dataDir(id).resolve("version-2");
        TestServer.delete(directory);
        Files.createDirectories(directory);
        Files.copy(made, directory.resolve(made.getFileName()));
      }
      ensemble.members().forEach(ensemble::startMember);
      ensemble.awaitServing();
      try (RawClient client = connect(ensemble)) {
        assertThat(exists(client, "/a")).isZero();
        Frame missing = client.call(new Request.Exists("/b", false));
        assertThat(missing.header().err()).isEqualTo(NO_NODE);
        assertThat(missing.header().zxid()).isGreaterThan(seen);
        client.ok(ReplyOrderTest.create("/c", new byte[0]));
      }
    }
  }

  private static RawClient connect(TestEnsemble ensemble) throws IOException {
    String address = ensemble.connectString(1);
    RawClient client =
        RawClient.open(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
    assertThat(client.handshake(0, new byte[16], 5000).sessionId()).isNotZero();
    return client;
  }

  private static Path onlySnapshot(Path dataDir) throws IOException {
    try (Stream<Path> files = Files.list(dataDir.resolve("version-2"))) {
      List<Path> found =
          files
              .filter(file -> String.valueOf(file.getFileName()).matches("(snapshot|log)\\..*"))
              .toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }
}
