package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.BlockingClient;
import conclave.client.ConclaveClient;
import conclave.protocol.CreateMode;
import conclave.testkit.TestServer;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A test with a server on which sessions may be short, a client, and a znode of its own. */
@Timeout(300)
abstract class CutTest {
  private static TestServer server;

  ConclaveClient client;
  BlockingClient direct;
  String path;

  @BeforeAll
  static void startServer() {
    server = Cuts.startServer();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void connect() {
    client = ConclaveClient.connect(server.connectString()).join();
    direct = client.blocking();
    path = direct.create("/test-", null, CreateMode.PERSISTENT_SEQUENTIAL).path();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  static TestServer server() {
    return server;
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  static Optional<String> text(Optional<byte[]> bytes) {
    return bytes.map(CutTest::text);
  }
}
