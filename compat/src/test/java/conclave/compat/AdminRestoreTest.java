package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The AdminServer's restore, as far as Apache's and ours agree. */
@Timeout(300)
final class AdminRestoreTest extends OneServer {
  private static final int PORT = ServerProcess.freePort();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NO_NODE = -101;

  AdminRestoreTest() {
    super(
        ServerSpec.standard()
            .with("admin.enableServer", "true")
            .with("admin.serverAddress", "127.0.0.1")
            .with("admin.serverPort", Integer.toString(PORT)));
  }

  @Test
  void whatSnapshotHasSentIsRestored() throws Exception {
    byte[] snapshot;
    try (Wire wire = Wire.session(server)) {
      wire.ok(Requests.create(root + "/then", new byte[] {1}, 0));
      HttpRequest ask = request("snapshot", "digest ann:secret").GET().build();
      HttpResponse<byte[]> sent = CLIENT.send(ask, HttpResponse.BodyHandlers.ofByteArray());
      assertThat(sent.statusCode()).isEqualTo(200);
      snapshot = sent.body();
      wire.ok(Requests.create(root + "/later", new byte[0], 0));
    }
    assertThat(restore("nosuchscheme ann:secret", snapshot).statusCode()).isEqualTo(401);

    HttpResponse<String> done = restore("digest ann:secret", snapshot);

    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    JsonNode answer = JSON.readTree(done.body());
    List<String> names = new ArrayList<>();
    answer.fieldNames().forEachRemaining(names::add);
    assertThat(names).containsExactly("last_zxid", "command", "error");
    assertThat(answer.get("last_zxid").isIntegralNumber()).isTrue();
    assertThat(answer.get("command").asText()).isEqualTo("restore");
    assertThat(answer.get("error").isNull()).isTrue();
    try (Wire wire = Wire.session(server)) {
      assertThat(wire.call(Requests.exists(root + "/then", false)).err()).isZero();
      assertThat(wire.call(Requests.exists(root + "/later", false)).err()).isEqualTo(NO_NODE);
    }
    assertThat(restore("digest ann:secret", snapshot).statusCode()).isEqualTo(429);
    assertThat(server.word("mntr"))
        .contains("zk_restore_rate_limited_count\t1\n", "zk_restore_error_count\t0\n")
        .contains("zk_cnt_restore_time\t1\n");
  }

  private static HttpRequest.Builder request(String command, String authorization) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + PORT + "/commands/" + command))
        .header("Authorization", authorization);
  }

  private static HttpResponse<String> restore(String authorization, byte[] body) throws Exception {
    HttpRequest request =
        request("restore", authorization).POST(BodyPublishers.ofByteArray(body)).build();
    return CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
