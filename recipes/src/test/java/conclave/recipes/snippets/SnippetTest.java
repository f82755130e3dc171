package conclave.recipes.snippets;

import conclave.client.ConclaveClient;
import conclave.testkit.TestServer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/**
 * Code that docs/recipes.md shows: what stands between {@code tag::name} and {@code end::name} in
 * the classes beside this one. RecipesPageTest holds the page to it.
 */
@Timeout(300)
abstract class SnippetTest {
  private static TestServer server;

  private final Deque<ConclaveClient> clients = new ArrayDeque<>();

  /** As the page calls it. */
  ConclaveClient client;

  @BeforeAll
  static void startServer() {
    server = TestServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    client = anotherClient();
  }

  @AfterEach
  void close() {
    clients.forEach(ConclaveClient::close);
  }

  static String servers() {
    return server.connectString();
  }

  ConclaveClient anotherClient() {
    ConclaveClient another = ConclaveClient.connect(servers()).join();
    clients.push(another);
    return another;
  }

  static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }
}
