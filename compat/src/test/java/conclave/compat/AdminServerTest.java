package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands of the AdminServer: names, members and the layout of their answers. */
@Timeout(300)
final class AdminServerTest extends OneServer {
  private static final int PORT = ServerProcess.freePort();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();

  AdminServerTest() {
    super(
        ServerSpec.standard()
            .with("admin.enableServer", "true")
            .with("admin.serverAddress", "127.0.0.1")
            .with("admin.serverPort", Integer.toString(PORT)));
  }

  @Test
  void commandsAreListed() throws Exception {
    StringBuilder expected = new StringBuilder();
    for (String name :
        List.of(
            "configuration",
            "connection_stat_reset",
            "connections",
            "dirs",
            "dump",
            "environment",
            "get_trace_mask",
            "hash",
            "initial_configuration",
            "is_read_only",
            "last_snapshot",
            "leader",
            "monitor",
            "observer_connection_stat_reset",
            "observers",
            "restore",
            "ruok",
            "server_stats",
            "set_trace_mask",
            "snapshot",
            "stat_reset",
            "stats",
            "system_properties",
            "voting_view",
            "watch_summary",
            "watches",
            "watches_by_path",
            "zabstate")) {
      expected.append("<a href=\"/commands/%s\">%s</a>\n<br/>\n".formatted(name, name));
    }
    HttpResponse<String> listing = get("/commands");
    assertThat(listing.statusCode()).isEqualTo(200);
    assertThat(listing.body()).isEqualTo(expected.toString());
    assertThat(get("/commands/").body()).isEqualTo(expected.toString());
  }

  @Test
  void answersWithoutNumbersAreTheSameToTheByte() throws Exception {
    assertThat(get("/commands/ruok").body())
        .isEqualTo("{\n  \"command\" : \"ruok\",\n  \"error\" : null\n}");
    assertThat(get("/commands/isro").body())
        .isEqualTo(
            "{\n  \"read_only\" : false,\n  \"command\" : \"is_read_only\",\n  \"error\" : null\n}");
    assertThat(get("/commands/observers").body())
        .isEqualTo(
            "{\n  \"synced_observers\" : 0,\n  \"observers\" : [ ],\n  \"command\" : \"observers\",\n"
                + "  \"error\" : null\n}");
    assertThat(get("/commands/voting_view").body())
        .isEqualTo(
            "{\n  \"current_config\" : { },\n  \"command\" : \"voting_view\",\n  \"error\" : null\n}");
    assertThat(get("/commands/zabstate").body())
        .isEqualTo(
            "{\n  \"voting\" : false,\n  \"zabstate\" : \"\",\n  \"command\" : \"zabstate\",\n"
                + "  \"error\" : null\n}");
    assertThat(get("/commands/orst").body())
        .isEqualTo("{\n  \"command\" : \"observer_connection_stat_reset\",\n  \"error\" : null\n}");
    assertThat(get("/commands/nope").body())
        .isEqualTo("{\n  \"command\" : \"nope\",\n  \"error\" : \"Unknown command: nope\"\n}");
  }

  @Test
  void answersAreJson() throws Exception {
    assertThat(get("/commands/ruok").headers().firstValue("content-type").orElse(""))
        .startsWith("application/json");
  }

  @Test
  void whatIsWrongIsTheError() throws Exception {
    assertThat(json("/commands/leader").get("error").asText())
        .isEqualTo("server is not initialized");
    assertThat(json("/commands/stmk").get("error").asText())
        .isEqualTo("setTraceMask requires long traceMask argument");
    assertThat(json("/commands/stmk?traceMask=x").get("error").asText())
        .isEqualTo("setTraceMask requires long traceMask argument, got x");
  }

  @Test
  void otherPagesAreNotFound() throws Exception {
    assertThat(get("/").statusCode()).isEqualTo(404);
    assertThat(get("/other").statusCode()).isEqualTo(404);
  }

  @Test
  void configuration() throws Exception {
    JsonNode answer = json("/commands/conf");
    assertThat(names(answer))
        .containsExactlyInAnyOrder(
            "client_port",
            "data_dir",
            "data_log_dir",
            "tick_time",
            "max_client_cnxns",
            "min_session_timeout",
            "max_session_timeout",
            "server_id",
            "client_port_listen_backlog",
            "command",
            "error");
    assertThat(answer.get("client_port").asInt()).isEqualTo(server.port());
    assertThat(answer.get("tick_time").asInt()).isEqualTo(500);
    assertThat(answer.get("data_dir").asText())
        .isEqualTo(server.home().resolve("data/version-2").toString());
    assertThat(answer.get("command").asText()).isEqualTo("configuration");
  }

  @Test
  void connections() throws Exception {
    Wire wire = session();
    wire.ok(Requests.exists("/", false));
    JsonNode answer = json("/commands/cons");
    assertThat(names(answer))
        .containsExactlyInAnyOrder("connections", "secure_connections", "command", "error");
    JsonNode connection = null;
    for (JsonNode each : answer.get("connections")) {
      if (each.get("session_id").asLong() == wire.session().id()) {
        connection = each;
      }
    }
    assertThat(names(connection))
        .containsExactly(
            "remote_socket_address",
            "interest_ops",
            "outstanding_requests",
            "packets_received",
            "packets_sent",
            "session_id",
            "last_operation",
            "established",
            "session_timeout",
            "last_cxid",
            "last_zxid",
            "last_response_time",
            "last_latency",
            "min_latency",
            "avg_latency",
            "max_latency");
    assertThat(connection.get("remote_socket_address").asText())
        .isEqualTo("127.0.0.1:" + wire.socket().getLocalPort());
    assertThat(connection.get("last_operation").asText()).isEqualTo("EXIS");
    assertThat(connection.get("session_timeout").asInt()).isEqualTo(Handshake.TIMEOUT_MS);
  }

  @Test
  void statistics() throws Exception {
    session().ok(Requests.setData(root, new byte[0], -1));
    JsonNode answer = json("/commands/stats");
    assertThat(names(answer))
        .containsExactly(
            "version",
            "read_only",
            "server_stats",
            "client_response",
            "node_count",
            "connections",
            "secure_connections",
            "command",
            "error");
    assertThat(names(answer.get("server_stats")))
        .containsExactlyInAnyOrder(
            "packets_sent",
            "packets_received",
            "fsync_threshold_exceed_count",
            "client_response_stats",
            "uptime",
            "data_dir_size",
            "log_dir_size",
            "provider_null",
            "last_processed_zxid",
            "outstanding_requests",
            "server_state",
            "avg_latency",
            "max_latency",
            "min_latency",
            "num_alive_client_connections",
            "auth_failed_count",
            "non_mtlsremote_conn_count",
            "non_mtlslocal_conn_count");
    assertThat(names(answer.get("client_response")))
        .containsExactlyInAnyOrder("last_buffer_size", "min_buffer_size", "max_buffer_size");
    assertThat(names(answer.get("connections").get(0)))
        .containsExactly(
            "remote_socket_address",
            "interest_ops",
            "outstanding_requests",
            "packets_received",
            "packets_sent");
    assertThat(answer.get("server_stats").get("server_state").asText()).isEqualTo("standalone");
    assertThat(answer.get("server_stats").get("packets_sent").asLong()).isPositive();
  }

  @Test
  void watchesAndEphemerals() throws Exception {
    Wire wire = session();
    wire.ok(Requests.create(root + "/e", new byte[0], 1));
    wire.ok(Requests.getData(root, true));
    String id = Long.toString(wire.session().id());
    JsonNode dump = json("/commands/dump");
    assertThat(dump.get("session_id_to_ephemeral_paths").get(id).toString())
        .isEqualTo("[\"" + root + "/e\"]");
    assertThat(dump.get("expiry_time_to_session_ids").toString()).contains(id);
    assertThat(json("/commands/wchc").get("session_id_to_watched_paths").get(id).toString())
        .isEqualTo("[\"" + root + "\"]");
    assertThat(json("/commands/wchp").get("path_to_session_ids").get(root).toString())
        .isEqualTo("[" + id + "]");
    JsonNode summary = json("/commands/wchs");
    assertThat(names(summary))
        .containsExactlyInAnyOrder(
            "num_connections", "num_paths", "num_total_watches", "command", "error");
    assertThat(summary.get("num_total_watches").asInt()).isPositive();
  }

  @Test
  void digestsOfTheTree() throws Exception {
    Wire wire = session();
    for (int i = 0; i < 260; i++) {
      wire.ok(Requests.setData(root, new byte[] {(byte) i}, -1));
    }
    JsonNode digests = json("/commands/hash").get("digests");
    assertThat(digests.size()).isGreaterThanOrEqualTo(2);
    assertThat(names(digests.get(0))).containsExactlyInAnyOrder("zxid", "digest_version", "digest");
    assertThat(digests.get(0).get("digest_version").asInt()).isEqualTo(2);
  }

  @Test
  void traceMaskAndSnapshot() throws Exception {
    assertThat(json("/commands/gtmk").get("tracemask").asLong()).isEqualTo(306);
    assertThat(json("/commands/set_trace_mask?traceMask=306").get("tracemask").asLong())
        .isEqualTo(306);
    JsonNode snapshot = json("/commands/lsnp");
    // The one of the start, or the one that another test has asked for.
    assertThat(Long.parseLong(snapshot.get("zxid").asText(), 16)).isNotNegative();
    assertThat(snapshot.get("timestamp").asLong()).isPositive();
  }

  @Test
  void aSnapshotIsSentToWhoHasPermissions() throws Exception {
    session().ok(Requests.setData(root, new byte[0], -1));
    assertThat(snapshot("", null).statusCode()).isEqualTo(401);
    assertThat(snapshot("", "nonsense").statusCode()).isEqualTo(401);
    assertThat(snapshot("", "nosuchscheme ann:secret").statusCode()).isEqualTo(401);
    HttpResponse<byte[]> sent = snapshot("?streaming=true", "digest ann:secret");
    assertThat(sent.statusCode()).isEqualTo(200);
    assertThat(new String(sent.body(), 0, 4, StandardCharsets.US_ASCII)).isEqualTo("ZKSN");
    assertThat(sent.headers().firstValue("snapshot_size"))
        .contains(Integer.toString(sent.body().length));
    assertThat(sent.headers().firstValue("last_zxid").orElseThrow()).startsWith("0x");
    // The next one is too soon.
    assertThat(snapshot("?streaming=false", "digest ann:secret").statusCode()).isEqualTo(429);
  }

  private static HttpResponse<byte[]> snapshot(String query, String authorization)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + PORT + "/commands/snapshot" + query));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  @Test
  void theConfigurationFileIsShownAsItIs() throws Exception {
    assertThat(json("/commands/icfg").get("initial_configuration").asText())
        .startsWith("clientPort=" + server.port() + "\ndataDir=");
  }

  @Test
  void resets() throws Exception {
    session().ok(Requests.setData(root, new byte[0], -1));
    assertThat(json("/commands/srst").get("error").isNull()).isTrue();
    JsonNode stats = json("/commands/srvr").get("server_stats");
    assertThat(stats.get("packets_sent").asLong()).isZero();
    assertThat(json("/commands/crst").get("error").isNull()).isTrue();
  }

  @Test
  void monitorHasTheNumbersOfTheWord() throws Exception {
    List<String> expected = new ArrayList<>();
    for (String line : server.word("mntr").split("\n", -1)) {
      if (line.startsWith("zk_")) {
        expected.add(line.substring(3, line.indexOf('\t')));
      }
    }
    assertThat(names(json("/commands/monitor"))).containsAll(expected);
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static JsonNode json(String path) throws Exception {
    return JSON.readTree(get(path).body());
  }

  private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + PORT + path);
    return CLIENT.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
