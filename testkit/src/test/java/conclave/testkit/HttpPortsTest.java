package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.spi.ILoggingEvent;
import conclave.protocol.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The AdminServer and the port for Prometheus beside clients that mean no good. */
@Timeout(300)
class HttpPortsTest {
  private static final String[] ADMIN = {"admin.serverPort=0", "admin.serverAddress=127.0.0.1"};

  @Test
  void commandsAreListedAndRun() throws Exception {
    try (TestServer server = TestServer.start(ADMIN)) {
      int port = server.server().adminPort();
      assertThat(Http.get(port, "/commands").body())
          .contains("<a href=\"/commands/server_stats\">server_stats</a>");
      HttpResponse<String> answer = Http.get(port, "/commands/srvr");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("content-type"))
          .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
      assertThat(answer.body()).contains("\"command\" : \"server_stats\"", "\"error\" : null");
    }
  }

  @Test
  void whatIsSecretIsNotShown() throws Exception {
    try (TestServer server =
        TestServer.start(
            ADMIN[0],
            ADMIN[1],
            "DigestAuthenticationProvider.superDigest=super:lK75jTNcA+U9vtVEw5vB51mj/w4=",
            "ssl.keyStore.password=verySecret")) {
      int port = server.server().adminPort();
      String configuration = Http.get(port, "/commands/icfg").body();
      assertThat(configuration).contains("tickTime=2000", "superDigest=***", "password=***");
      assertThat(configuration).doesNotContain("lK75jTNcA", "verySecret");
    }
  }

  @Test
  void otherPagesAndMethodsAreRefused() throws Exception {
    try (TestServer server = TestServer.start(ADMIN)) {
      int port = server.server().adminPort();
      assertThat(Http.get(port, "/").statusCode()).isEqualTo(404);
      assertThat(Http.get(port, "/commandsX").statusCode()).isEqualTo(404);
      assertThat(Http.ask("PUT", port, "/commands/ruok").statusCode()).isEqualTo(405);
      assertThat(Http.ask("POST", port, "/commands/ruok").statusCode()).isEqualTo(405);
      assertThat(Http.ask("POST", port, "/commands/restore").statusCode()).isEqualTo(401);
      assertThat(Http.get(port, "/commands/restore").statusCode()).isEqualTo(405);
      assertThat(Http.get(port, "/commands/snapshot").statusCode()).isEqualTo(401);
      assertThat(Http.get(port, "/commands/nope%3Cb%3E").body())
          .contains("\"error\" : \"Unknown command: nope<b>\"");
      HttpResponse<String> head = Http.ask("HEAD", port, "/commands/ruok");
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
    }
  }

  @Test
  void theUrlOfTheCommandsCanBeAnother() throws Exception {
    try (TestServer server = TestServer.start(ADMIN[0], ADMIN[1], "admin.commandURL=/zk")) {
      int port = server.server().adminPort();
      assertThat(Http.get(port, "/zk").body()).contains("href=\"/zk/ruok\"");
      assertThat(Http.get(port, "/zk/ruok").body()).contains("\"command\" : \"ruok\"");
      assertThat(Http.get(port, "/commands").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aPortThatIsTakenStopsTheServerOnlyIfSomebodyGaveIt() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () ->
                  TestServer.start(
                      "admin.serverAddress=127.0.0.1", "admin.serverPort=" + taken.getLocalPort()))
          .isInstanceOf(UncheckedIOException.class)
          .hasCauseInstanceOf(BindException.class)
          .hasMessageContaining(Integer.toString(taken.getLocalPort()));
    }
    // 8080, which this holds or somebody else does.
    try (ServerSocket held = hold8080();
        LogLines log = new LogLines();
        TestServer server = TestServer.start("admin.serverAddress=127.0.0.1")) {
      assertThat(held == null || held.isBound()).isTrue();
      assertThat(server.server().adminPort()).isEqualTo(-1);
      assertThat(log.warnings())
          .extracting(ILoggingEvent::getFormattedMessage)
          .anyMatch(line -> line.startsWith("No AdminServer:") && line.contains("8080"));
    }
  }

  private static ServerSocket hold8080() throws IOException {
    try {
      return new ServerSocket(8080, 1, InetAddress.getLoopbackAddress());
    } catch (BindException alreadyTaken) {
      return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }
  }

  @Test
  void rubbishIsHungUpOnAndHoldsUpNobody() throws Exception {
    try (TestServer server = TestServer.start(ADMIN);
        LogLines log = new LogLines()) {
      int port = server.server().adminPort();
      for (String rubbish :
          List.of(
              "\0\0\0\u0001x\r\n\r\n",
              "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n",
              "GET /commands HTTP/1.1\r\n"
                  + ("a: " + "b".repeat(5000) + "\r\n").repeat(20)
                  + "\r\n",
              "POST /commands/x HTTP/1.1\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n",
              "GET /commands/%zz HTTP/1.1\r\nConnection: close\r\n\r\n")) {
        try (RawClient client = RawClient.open(port)) {
          client.sendBytes(rubbish.getBytes(StandardCharsets.ISO_8859_1));
          assertThat(new String(client.readToEnd(), StandardCharsets.ISO_8859_1))
              .as(rubbish.substring(0, 9))
              .startsWith("HTTP/1.1 4");
        } catch (SocketException e) {
          // Hung up on while some of it was still unread.
          assertThat(e).hasMessageContaining("reset");
        }
      }
      assertThat(Http.get(port, "/commands/ruok").statusCode()).isEqualTo(200);
      assertThat(log.warnings()).isEmpty();
    }
  }

  @Test
  void connectionsAreBoundedAndIdleOnesEnd() throws Exception {
    try (TestServer server = TestServer.start(ADMIN[0], ADMIN[1], "admin.idleTimeout=300")) {
      int port = server.server().adminPort();
      List<RawClient> idle = new ArrayList<>();
      try {
        for (int i = 0; i < 150; i++) {
          idle.add(RawClient.open(port));
        }
        for (RawClient client : idle) {
          assertThat(client.isHungUpWithin(10_000)).isTrue();
        }
      } finally {
        for (RawClient client : idle) {
          client.close();
        }
      }
      assertThat(Http.get(port, "/commands/ruok").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void prometheusFindsNumbersThatAreTrue() throws Exception {
    try (TestServer server =
            TestServer.start(
                "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
                "metricsProvider.httpHost=127.0.0.1",
                "metricsProvider.httpPort=0");
        RawClient client = RawClient.connect(server)) {
      for (int i = 0; i < 3; i++) {
        client.ok(ReplyOrderTest.create("/app" + i, new byte[0]));
        client.ok(new Request.GetData("/app" + i, false));
      }
      int port = server.server().metricsPort();
      HttpResponse<String> answer = Http.get(port, "/metrics");
      assertThat(answer.headers().firstValue("content-type"))
          .contains("text/plain; version=0.0.4; charset=utf-8");
      assertThat(answer.body().lines())
          .contains(
              "# TYPE znode_count gauge",
              "znode_count 8.0",
              "# TYPE updatelatency summary",
              "updatelatency_count 3.0",
              "read_per_namespace_count{key=\"app1\"} 1.0")
          .anyMatch(line -> line.startsWith("fsynctime{quantile=\"0.5\"} "))
          .anyMatch(line -> line.startsWith("jvm_memory_bytes_used{area=\"heap\"} "));
      assertThat(Http.get(port, "/").statusCode()).isEqualTo(404);
      assertThat(Http.get(port, "/commands").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void prometheusFindsNothingOfTheJvmWhenToldSo() throws Exception {
    try (TestServer server =
        TestServer.start(
            "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
            "metricsProvider.httpHost=127.0.0.1",
            "metricsProvider.exportJvmInfo=false",
            "metricsProvider.httpPort=0")) {
      assertThat(Http.get(server.server().metricsPort(), "/metrics").body().lines())
          .noneMatch(line -> line.startsWith("jvm_memory") || line.startsWith("process_"));
    }
  }
}
