package conclave.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.protocol.CreateMode;
import conclave.testkit.Relay;
import conclave.testkit.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams of states, on a real server behind a network that breaks. */
@Timeout(300)
class WatchStreamTest {
  private static TestServer server;

  private Relay relay;
  private ConclaveClient client;
  private BlockingClient direct;
  private String path;

  @BeforeAll
  static void startServer() {
    server = TestServer.start("tickTime=100", "minSessionTimeout=200");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    relay = Relay.to(server::port);
    client =
        ConclaveClient.connect(
                relay.connectString(), ClientOptions.defaults().withSessionTimeoutMs(3_000))
            .join();
    direct = ConclaveClient.connect(server.connectString()).join().blocking();
    path = direct.create("/stream-", null, CreateMode.PERSISTENT_SEQUENTIAL).path();
  }

  @AfterEach
  void close() {
    client.close();
    relay.close();
    direct.async().close();
  }

  private void set(String text) {
    direct.setData(path, text.getBytes(UTF_8), ConclaveClient.ANY_VERSION);
  }

  private static String text(Optional<Node> node) {
    return node.map(found -> new String(found.data() == null ? new byte[0] : found.data(), UTF_8))
        .orElse("-");
  }

  @Test
  void tellsTheStateOfNowAndEveryLaterOneThroughDeletionAndCreation() throws Exception {
    set("one");
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Registration watching = client.watch(path).forEach(node -> told.add(text(node)))) {
      assertThat(next(told)).isEqualTo("one");
      set("two");
      assertThat(next(told)).isEqualTo("two");
      direct.delete(path, ConclaveClient.ANY_VERSION);
      assertThat(next(told)).isEqualTo("-");
      direct.create(path, "three".getBytes(UTF_8), CreateMode.PERSISTENT);
      assertThat(next(told)).isEqualTo("three");
    }
  }

  @Test
  void aChangeThatWasMissedIsToldAfterTheReconnect() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    client.watch(path).forEach(node -> told.add(text(node)));
    assertThat(next(told)).isEmpty();
    long session = client.sessionId();
    relay.refuse();
    set("missed");
    relay.open();
    assertThat(next(told)).isEqualTo("missed");
    assertThat(client.sessionId()).isEqualTo(session);
  }

  @Test
  void aStreamOutlivesItsSession() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    BlockingQueue<SessionState> states = new LinkedBlockingQueue<>();
    client.onSession(event -> states.add(event.state()));
    client.watch(path).forEach(node -> told.add(text(node)));
    assertThat(next(told)).isEmpty();
    long session = client.sessionId();
    relay.refuse();
    await().atMost(Duration.ofMinutes(1)).until(() -> states.contains(SessionState.LOST));
    set("in the next session");
    relay.open();
    assertThat(next(told)).isEqualTo("in the next session");
    assertThat(client.sessionId()).isNotEqualTo(session);
    set("and on");
    assertThat(next(told)).isEqualTo("and on");
  }

  @Test
  void whoIsSlowIsGivenTheNewestAndNothingPilesUp() throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    BlockingQueue<Flow.Subscription> mine = new LinkedBlockingQueue<>();
    client
        .watch(path)
        .subscribe(
            new Flow.Subscriber<Optional<Node>>() {
              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                mine.add(subscription);
                subscription.request(1);
              }

              @Override
              public void onNext(Optional<Node> node) {
                told.add(text(node));
              }

              @Override
              public void onError(Throwable failure) {
                told.add(failure.toString());
              }

              @Override
              public void onComplete() {
                told.add("complete");
              }
            });
    assertThat(next(told)).isEmpty();
    for (int i = 0; i < 100; i++) {
      set("state " + i);
    }
    // Whatever was told of these changes has come before this answer.
    client.sync(path).thenCompose(synced -> client.getData(path)).join();
    assertThat(told).isEmpty();
    Flow.Subscription subscription = mine.take();
    subscription.request(1);
    String first = next(told);
    if (!first.equals("state 99")) {
      // The read behind the last event was still under way.
      subscription.request(1);
      assertThat(next(told)).isEqualTo("state 99");
    }
  }

  @Test
  void childrenAreFollowed() throws Exception {
    BlockingQueue<List<String>> told = new LinkedBlockingQueue<>();
    client
        .watchChildren(path)
        .forEach(
            children ->
                told.add(
                    children.map(c -> c.names().stream().sorted().toList()).orElse(List.of("-"))));
    assertThat(told.poll(60, TimeUnit.SECONDS)).isEmpty();
    direct.create(path + "/b", null, CreateMode.PERSISTENT);
    assertThat(told.poll(60, TimeUnit.SECONDS)).containsExactly("b");
    direct.create(path + "/a", null, CreateMode.PERSISTENT);
    assertThat(told.poll(60, TimeUnit.SECONDS)).containsExactly("a", "b");
    direct.deleteTree(path);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> List.of("-").equals(told.poll(60, TimeUnit.SECONDS)));
  }

  @Test
  void afterClosingNothingIsToldAndTheServerIsFreeOfTheWatch() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    Registration watching = client.watch(path).forEach(node -> told.add(text(node)));
    await().atMost(Duration.ofMinutes(1)).until(() -> told.size() == 1);
    watching.close();
    await().atMost(Duration.ofMinutes(1)).until(() -> !watchedPaths().contains(path));
    set("unheard");
    client.sync(path).join();
    assertThat(told).hasSize(1);
  }

  @Test
  void aStreamThatTheServerRefusesEndsWithTheReason() throws Exception {
    direct.setAcl(path, conclave.protocol.Acl.READ_ONLY, -1);
    String hidden = path + "-hidden";
    direct.create(
        hidden,
        null,
        CreateMode.PERSISTENT,
        List.of(
            new conclave.protocol.Acl(
                31, new conclave.protocol.Id("digest", "nobody:xxxxxxxxxxxxxxxxxxxxxxxxxxx="))));
    BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    client.watch(hidden).forEach(node -> {}, failures::add);
    assertThat(failures.poll(60, TimeUnit.SECONDS)).isInstanceOf(RefusedException.class);
  }

  private static String watchedPaths() throws java.io.IOException {
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write("wchp".getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static String next(BlockingQueue<String> told) throws InterruptedException {
    String next = told.poll(60, TimeUnit.SECONDS);
    assertThat(next).as("told in time").isNotNull();
    return next;
  }
}
