package conclave.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.protocol.CreateMode;
import conclave.testkit.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Controllers with a real server; their services are files that say what they are. */
@Timeout(300)
class FailoverControllerTest {
  private static final String PARENT = "/ha/service";

  @TempDir Path directory;

  private final List<FailoverController> controllers = new ArrayList<>();
  private TestServer server;
  private ConclaveClient client;
  private int[] ports;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start("tickTime=200");
    client = ConclaveClient.connect(server.connectString()).get(60, TimeUnit.SECONDS);
    ports = new int[3];
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < ports.length; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      ports[i] = sockets.get(i).getLocalPort();
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
  }

  @AfterEach
  void stop() {
    controllers.forEach(FailoverController::close);
    client.close();
    server.close();
  }

  // --- the service: a file with its role, another with all that was asked of it

  private String config(String more) {
    return """
        ensemble: %s
        parent: %s
        session: {timeout: 2s}
        nodes:
          a: {address: "127.0.0.1:1", controller: "127.0.0.1:%d", priority: 2}
          b: {address: "127.0.0.1:2", controller: "127.0.0.1:%d", priority: 1}
          c: {address: "127.0.0.1:3", controller: "127.0.0.1:%d", priority: 1}
        health:
          command: test ! -e %s/$CONCLAVE_NODE.ill || { echo it is ill; false; }
          interval: 50ms
          unhealthy: 2
        hooks:
          becomeActive:
            command: |
              cd %s; test ! -e $CONCLAVE_NODE.stuck || { echo it is stuck; exit 1; }
              echo "active $CONCLAVE_TOKEN $CONCLAVE_BREADCRUMB_VERSION" >> $CONCLAVE_NODE.log
          becomeStandby:
            command: cd %s; echo standby >> $CONCLAVE_NODE.log
          follow:
            command: cd %s; echo "follow $CONCLAVE_ACTIVE_NODE" >> $CONCLAVE_NODE.log
        fencing:
          - graceful: {timeout: 2s}
          - shell:
              command: |
                cd %s; test ! -e unfenceable || exit 1
                echo "fenced by $CONCLAVE_NODE" >> $CONCLAVE_TARGET_NODE.log
        election: {pause: 200ms, cooldown: 400ms, priorityDelay: 100ms}
        %s
        """
        .formatted(
            server.connectString(),
            PARENT,
            ports[0],
            ports[1],
            ports[2],
            directory,
            directory,
            directory,
            directory,
            directory,
            more);
  }

  private FailoverConfig load(String node, String more) throws Exception {
    Path file = Files.writeString(directory.resolve("failover.yaml"), config(more));
    return ConfigFile.load(file, node);
  }

  private FailoverController start(String node) throws Exception {
    FailoverController controller = FailoverController.start(load(node, ""));
    controllers.add(controller);
    return controller;
  }

  private void mark(String name) throws IOException {
    Files.writeString(directory.resolve(name), "");
  }

  private void unmark(String name) throws IOException {
    Files.deleteIfExists(directory.resolve(name));
  }

  private List<String> log(String node) throws IOException {
    Path file = directory.resolve(node + ".log");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private static void awaitState(FailoverController controller, ElectorState state) {
    await().atMost(Duration.ofMinutes(1)).until(() -> controller.status().elector() == state);
  }

  private Node node(String path) throws Exception {
    return client.getData(path).get(60, TimeUnit.SECONDS).orThrow();
  }

  private static String text(Node node) {
    return new String(node.data(), StandardCharsets.UTF_8);
  }

  // --- stories

  @Test
  void theZnodesAreHadoopsAndTheHooksKnowTheToken() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    Node lock = node(PARENT + "/ActiveStandbyElectorLock");
    Node breadcrumb = node(PARENT + "/ActiveBreadCrumb");
    assertThat(text(lock)).isEqualTo("a 127.0.0.1:1 127.0.0.1:" + ports[0]);
    assertThat(lock.stat().ephemeralOwner()).isNotZero();
    assertThat(text(breadcrumb)).isEqualTo(text(lock));
    assertThat(breadcrumb.stat().ephemeralOwner()).isZero();
    assertThat(log("a")).containsExactly("standby", "active " + lock.stat().czxid() + " 0");
    assertThat(a.status().token()).isEqualTo(lock.stat().czxid());

    a.stop();
    assertThat(a.ended().get(60, TimeUnit.SECONDS).clean()).isTrue();
    assertThat(log("a")).endsWith("standby");
    assertThat(client.getChildren(PARENT).get().orThrow().names()).isEmpty();
  }

  @Test
  void anIllActiveIsFencedByTheNextOne() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    FailoverController b = start("b");
    awaitState(b, ElectorState.STANDBY);
    await().atMost(Duration.ofMinutes(1)).until(() -> log("b").contains("follow a"));
    mark("a.ill");
    awaitState(b, ElectorState.ACTIVE);
    // It was asked nicely, and that was enough.
    assertThat(log("a")).endsWith("standby").doesNotContain("fenced by b");
    assertThat(log("b")).last().asString().startsWith("active ").endsWith(" 1");
    assertThat(a.status().elector()).isEqualTo(ElectorState.INIT);
    assertThat(a.status().healthDetail()).isEqualTo("exit code 1: it is ill");
    unmark("a.ill");
    awaitState(a, ElectorState.STANDBY);
    await().atMost(Duration.ofMinutes(1)).until(() -> log("a").contains("follow b"));
  }

  @Test
  void aDeadControllersServiceIsFencedTheHardWay() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    FailoverController b = start("b");
    awaitState(b, ElectorState.STANDBY);
    a.close();
    awaitState(b, ElectorState.ACTIVE);
    assertThat(log("a")).endsWith("fenced by b");
    assertThat(text(node(PARENT + "/ActiveBreadCrumb"))).startsWith("b ");
  }

  @Test
  void nobodyTakesOverFromOneThatCanNotBeFenced() throws Exception {
    client.ensurePath(PARENT).get();
    byte[] data = "gone 10.9.9.9:1 127.0.0.1:1".getBytes(StandardCharsets.UTF_8);
    client.create(PARENT + "/ActiveBreadCrumb", data, CreateMode.PERSISTENT).get().orThrow();
    mark("unfenceable");
    FailoverController a = start("a");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                a.status().history().stream()
                        .filter(event -> event.text().startsWith("Not fenced: gone; graceful has"))
                        .count()
                    >= 2);
    assertThat(log("a")).containsExactly("standby");
    unmark("unfenceable");
    awaitState(a, ElectorState.ACTIVE);
    assertThat(log("gone")).containsExactly("fenced by a");
  }

  @Test
  void whoCanNotStartLeavesItToTheNext() throws Exception {
    mark("a.stuck");
    FailoverController a = start("a");
    FailoverController b = start("b");
    awaitState(b, ElectorState.ACTIVE);
    assertThat(a.status().history())
        .anyMatch(event -> event.text().equals("becomeActive: FAILED, exit code 1: it is stuck"));
  }

  @Test
  void aLockThatAnOperatorDeletesIsLost() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    long token = a.status().token();
    client.delete(PARENT + "/ActiveStandbyElectorLock", -1).get().orThrow();
    await().atMost(Duration.ofMinutes(1)).until(() -> log("a").size() == 4);
    assertThat(log("a").get(2)).isEqualTo("standby");
    awaitState(a, ElectorState.ACTIVE);
    assertThat(a.status().token()).isGreaterThan(token);
  }

  @Test
  void withoutServersAnActiveGoesStandbyInTimeAndComesBack() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    server.stop();
    long beganNanos = System.nanoTime();
    awaitState(a, ElectorState.NEUTRAL);
    assertThat(a.status().service()).isEqualTo(ServiceState.ACTIVE);
    await().atMost(Duration.ofMinutes(1)).until(() -> log("a").size() == 3);
    assertThat(log("a").get(2)).isEqualTo("standby");
    assertThat(System.nanoTime() - beganNanos)
        .as("within the session timeout, and what a slow machine takes for the hook")
        .isLessThan(TimeUnit.MILLISECONDS.toNanos(2_000 + 8_000));
  }

  @Test
  void gracefulFailoverFencesNobody() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    FailoverController b = start("b");
    FailoverController c = start("c");
    awaitState(b, ElectorState.STANDBY);
    awaitState(c, ElectorState.STANDBY);
    List<String> told = new ArrayList<>();
    new GracefulFailover(load("a", "")).to("c", told::add);
    assertThat(told)
        .containsExactly(
            "b stays out of the election.",
            "a is standby, and has given up the lock.",
            "c is active.");
    awaitState(c, ElectorState.ACTIVE);
    awaitState(a, ElectorState.STANDBY);
    awaitState(b, ElectorState.STANDBY);
    assertThat(c.status().history()).noneMatch(event -> event.kind().equals("FENCING"));

    told.clear();
    new GracefulFailover(load("a", "")).to("c", told::add);
    assertThat(told).containsExactly("c is active already.");
    mark("b.ill");
    awaitState(b, ElectorState.INIT);
    assertThatThrownBy(() -> new GracefulFailover(load("a", "")).to("b", told::add))
        .isInstanceOf(ControlException.class)
        .hasMessageStartingWith("b can't become active: its health is SERVICE_UNHEALTHY");
    b.close();
    assertThatThrownBy(() -> new GracefulFailover(load("a", "")).to("b", told::add))
        .isInstanceOf(ControlException.class)
        .hasMessage("No controller listens at 127.0.0.1:" + ports[1] + ".");
    assertThatThrownBy(() -> new GracefulFailover(load("a", "")).to("x", told::add))
        .isInstanceOf(ControlException.class)
        .hasMessageEndingWith("failover.yaml; there are a, b, c.");
  }

  @Test
  void thePreferredNodeFailsBack() throws Exception {
    FailoverController b = start("b");
    awaitState(b, ElectorState.ACTIVE);
    FailoverConfig config =
        load("a", "").withElection(new FailoverConfig.Election(200, 400, 100, 1_000, 5_000));
    FailoverController a = FailoverController.start(config);
    controllers.add(a);
    awaitState(a, ElectorState.ACTIVE);
    awaitState(b, ElectorState.STANDBY);
    assertThat(log("b")).doesNotContain("fenced by a");
  }

  @Test
  void metricsAndStatusByHttp() throws Exception {
    FailoverController a = start("a");
    awaitState(a, ElectorState.ACTIVE);
    String metrics = get("/metrics");
    assertThat(metrics)
        .contains("conclave_failover_elector_state{state=\"active\"} 1\n")
        .contains("conclave_failover_elector_state{state=\"standby\"} 0\n")
        .contains("conclave_failover_healthy 1\n")
        .contains("conclave_failover_sessions_total 1\n")
        .contains(
            "conclave_failover_hook_seconds_count{transition=\"becomeActive\",ending=\"done\"} 1\n")
        .contains("conclave_failover_token " + a.status().token() + "\n");
    NodeStatus status = NodeStatus.parse(get("/status"));
    assertThat(status.elector()).isEqualTo(ElectorState.ACTIVE);
    assertThat(status.active()).isEqualTo("a");
    assertThat(status.history()).isNotEmpty();
    ClusterStatus all = ClusterStatus.ask(load("b", ""));
    assertThat(all.actives()).isEqualTo(1);
    assertThat(all.json()).contains("\"node\":\"a\"").contains("No controller listens at");
  }

  @Test
  void aSecretIsAskedFor() throws Exception {
    Files.writeString(directory.resolve("secret"), "s3cret\n");
    FailoverController a = FailoverController.start(load("a", "secretFile: secret"));
    controllers.add(a);
    awaitState(a, ElectorState.ACTIVE);
    String controller = "127.0.0.1:" + ports[0];
    ControlClient stranger = new ControlClient(ControlClient.newHttpClient(), "");
    ControlClient.Answer no = stranger.yield(controller, 1_000, 10_000);
    assertThat(no.granted()).isFalse();
    assertThat(no.text()).isEqualTo("needs the secret of the configuration");
    assertThat(stranger.status(controller).elector()).isEqualTo(ElectorState.ACTIVE);
    ControlClient friend = new ControlClient(ControlClient.newHttpClient(), "s3cret");
    assertThat(friend.yield(controller, 1_000, 10_000).granted()).isTrue();
  }

  @Test
  void aPortThatIsTakenIsTold() throws Exception {
    try (ServerSocket taken = new ServerSocket(ports[0], 1, InetAddress.getByName("127.0.0.1"))) {
      assertThat(taken.isBound()).isTrue();
      assertThatThrownBy(() -> start("a"))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("can't listen on 127.0.0.1:" + ports[0]);
    }
  }

  private String get(String path) throws Exception {
    return ControlClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports[0] + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
