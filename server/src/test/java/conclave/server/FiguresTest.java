package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Acl;
import conclave.protocol.OpCode;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a whole server tells of itself after something has happened to it. */
class FiguresTest {

  @TempDir Path dir;
  private ConclaveServer server;

  @BeforeEach
  void start() throws Exception {
    String text =
        "dataDir="
            + dir
            + "\nclientPort=0\nadmin.enableServer=false\nenforceQuota=true\n4lw.commands.whitelist=*\n";
    server =
        ConclaveServer.start(
            ZooCfg.parse(text, Map.of()),
            (code, what, cause) -> {
              throw new AssertionError(what, cause);
            });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String word(String word) throws IOException {
    try (WireClient client = WireClient.to(server.clientPort())) {
      return client.word(word);
    }
  }

  private Map<String, String> mntr() throws IOException {
    Map<String, String> values = new HashMap<>();
    word("mntr")
        .lines()
        .map(line -> line.split("\t", -1))
        .forEach(parts -> values.put(parts[0], parts[1]));
    return values;
  }

  private static int create(WireClient client, String path, int bytes) throws IOException {
    return client
        .request(
            1,
            OpCode.CREATE.code(),
            writer -> {
              writer.writeString(path);
              writer.writeBuffer(new byte[bytes]);
              Acl.writeList(writer, Acl.OPEN);
              writer.writeInt(0);
            })
        .error();
  }

  private static int read(WireClient client, OpCode op, String path, boolean watch)
      throws IOException {
    return client
        .request(
            2,
            op.code(),
            writer -> {
              writer.writeString(path);
              writer.writeBool(watch);
            })
        .error();
  }

  @Test
  void writesReadsAndWatchesAreCounted() throws IOException {
    try (WireClient client = WireClient.to(server.clientPort()).withSession();
        WireClient watcher = WireClient.to(server.clientPort()).withSession()) {
      read(watcher, OpCode.GET_CHILDREN, "/", true);
      read(watcher, OpCode.EXISTS, "/app", true);
      assertThat(create(client, "/app", 10)).isZero();
      assertThat(create(client, "/app/x", 20)).isZero();
      assertThat(read(client, OpCode.GET_DATA, "/app/x", false)).isZero();
      assertThat(read(client, OpCode.GET_DATA, "/gone", false)).isNotZero();

      Map<String, String> values = mntr();

      assertThat(values)
          .containsEntry("zk_connection_request_count", "2")
          .containsEntry("zk_global_sessions", "2")
          .containsEntry("zk_num_alive_connections", "3")
          .containsEntry("zk_cnt_updatelatency", "2")
          .containsEntry("zk_cnt_readlatency", "4")
          .containsEntry("zk_sum_node_created_watch_count", "1")
          .containsEntry("zk_sum_node_children_watch_count", "1")
          .containsEntry("zk_cnt_app_write_per_namespace", "2")
          .containsEntry(
              "zk_sum_app_write_per_namespace", Integer.toString(4 + 10 + 68 + 6 + 20 + 68))
          .containsEntry("zk_cnt_app_read_per_namespace", "1")
          .doesNotContainKey("zk_cnt_gone_read_per_namespace")
          .containsEntry("zk_sum_sync_processor_batch_size", "4")
          .containsEntry("zk_min_client_response_size", "16");
      assertThat(Long.parseLong(values.get("zk_cnt_fsynctime"))).isBetween(1L, 4L);
      assertThat(Long.parseLong(values.get("zk_watch_bytes"))).isPositive();
      assertThat(Long.parseLong(values.get("zk_bytes_received_count"))).isPositive();
      assertThat(values)
          .containsEntry("zk_cnt_dbinittime", "1")
          .containsEntry("zk_sum_startup_txns_loaded", "0");
    }
  }

  @Test
  void exceededQuotaIsCountedByNamespace() throws IOException {
    try (WireClient client = WireClient.to(server.clientPort()).withSession()) {
      create(client, "/app", 0);
      create(client, "/zookeeper/quota/app", 0);
      byte[] limits =
          "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1"
              .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      client.request(
          1,
          OpCode.CREATE.code(),
          writer -> {
            writer.writeString("/zookeeper/quota/app/zookeeper_limits");
            writer.writeBuffer(limits);
            Acl.writeList(writer, Acl.OPEN);
            writer.writeInt(0);
          });
      create(client, "/zookeeper/quota/app/zookeeper_stats", 0);

      assertThat(create(client, "/app/a", 1)).isEqualTo(-125);
      assertThat(mntr()).containsEntry("zk_app_quota_exceeded_error_per_namespace", "1");
    }
  }

  @Test
  void wordsAreCountedAndResetSetsBack() throws IOException {
    try (WireClient client = WireClient.to(server.clientPort()).withSession()) {
      create(client, "/a", 0);
    }
    assertThat(mntr().get("zk_max_client_response_size")).isNotEqualTo("-1");

    assertThat(word("srst")).isEqualTo("Server stats reset.\n");

    assertThat(word("srvr")).contains("Latency min/avg/max: 0/0.0/0\nReceived: 1\n");
    assertThat(mntr())
        .containsEntry("zk_cnt_updatelatency", "0")
        .containsEntry("zk_max_client_response_size", "-1");
  }

  @Test
  void confAndConsTellWhatIsTrue() throws IOException {
    try (WireClient client = WireClient.to(server.clientPort()).withSession()) {
      create(client, "/a", 0);

      assertThat(word("conf"))
          .contains("clientPort=" + server.clientPort() + "\n")
          .contains("dataDir=" + dir.resolve("version-2") + "\n")
          .contains("secureClientPort=-1\n");
      assertThat(word("cons"))
          .containsPattern(
              "\\[1]\\(queued=0,recved=2,sent=2,sid=0x1[0-9a-f]+,lop=CREA,est=\\d+,to=10000,lcxid=0x1,lzxid=0x2,");
    }
  }
}
