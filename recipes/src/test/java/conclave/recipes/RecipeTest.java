package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.client.BlockingClient;
import conclave.client.Children;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import conclave.protocol.CreateMode;
import conclave.testkit.Relay;
import conclave.testkit.TestServer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * A test of recipes: one server for the class, a path of its own for each test, and clients that
 * end with it.
 */
@Timeout(300)
abstract class RecipeTest {
  /** No machine is slow enough to end these. */
  static final int SESSION_MS = 20_000;

  /** Those of clients behind a network that is broken until their end. */
  private static final int BEHIND_MS = 2_000;

  private static TestServer server;

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();

  /** A client that nothing ever happens to. */
  BlockingClient direct;

  /** A znode that does not exist, for the recipe. */
  String path;

  @BeforeAll
  static void startServer() {
    server = TestServer.start("tickTime=100", "minSessionTimeout=200", "maxSessionTimeout=40000");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    direct = ConclaveClient.connect(server.connectString()).join().blocking();
    path = direct.create("/test-", null, CreateMode.PERSISTENT_SEQUENTIAL).path() + "/here";
  }

  @AfterEach
  void close() throws Exception {
    while (!toClose.isEmpty()) {
      toClose.pop().close();
    }
    direct.async().close();
  }

  ConclaveClient client() {
    return keep(
        ConclaveClient.connect(
                server.connectString(), ClientOptions.defaults().withSessionTimeoutMs(SESSION_MS))
            .join());
  }

  /** A client behind a network that is broken for moments only. */
  ConclaveClient steadyBehind(Relay relay) {
    return keep(
        ConclaveClient.connect(relay.connectString(), options().withSessionTimeoutMs(SESSION_MS))
            .join());
  }

  /** A client behind a network that is broken until its session ends. */
  ConclaveClient clientBehind(Relay relay) {
    return keep(ConclaveClient.connect(relay.connectString(), options()).join());
  }

  /** Of a client behind a network that can be broken. */
  static ClientOptions options() {
    return ClientOptions.defaults().withSessionTimeoutMs(BEHIND_MS);
  }

  Relay relay() {
    return keep(Relay.to(server::port));
  }

  <T extends AutoCloseable> T keep(T closeable) {
    toClose.push(closeable);
    return closeable;
  }

  /** The result of something that is to happen soon. */
  static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  /** What is below the recipe's znode; nothing when there is none. */
  List<String> children() {
    return children(path);
  }

  List<String> children(String of) {
    Children found = direct.await(direct.async().getChildren(of)).orNullIf(Refusal.NO_NODE);
    return found == null ? List.of() : found.names();
  }

  void awaitChildren(int count) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(children()).hasSize(count));
  }

  /** How many watches the server has, of all clients. */
  static int watches() {
    // Unlike wchs, which as Apache's leaves those on children out.
    return word("mntr")
        .lines()
        .filter(line -> line.startsWith("zk_watch_count"))
        .mapToInt(line -> Integer.parseInt(line.split("\t")[1]))
        .findFirst()
        .orElseThrow();
  }

  static void awaitNoWatches() {
    awaitWatches(0);
  }

  static void awaitWatches(int count) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(watches()).as(word("wchp")).isEqualTo(count));
  }

  private static String word(String word) {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
