package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The words that monitoring tools send, in the format that they parse. */
final class FourLetterTest extends OneServer {
  FourLetterTest() {
    super(ServerSpec.standard());
  }

  @Test
  void ruokAndIsro() throws IOException {
    assertThat(server.word("ruok")).isEqualTo("imok");
    assertThat(server.word("isro")).isEqualTo("rw");
  }

  @Test
  void conf() throws IOException {
    List<String> lines = lines("conf");
    assertThat(keys(lines))
        .containsExactly(
            "clientPort",
            "secureClientPort",
            "dataDir",
            "dataDirSize",
            "dataLogDir",
            "dataLogSize",
            "tickTime",
            "maxClientCnxns",
            "minSessionTimeout",
            "maxSessionTimeout",
            "clientPortListenBacklog",
            "serverId");
    assertThat(lines)
        .contains(
            "clientPort=" + server.port(),
            "secureClientPort=-1",
            "tickTime=500",
            "maxClientCnxns=60",
            "minSessionTimeout=1000",
            "maxSessionTimeout=120000",
            "clientPortListenBacklog=-1",
            "serverId=0");
    assertThat(lines.get(2)).endsWith("version-2");
  }

  @Test
  void srvr() throws IOException {
    session().ok(Requests.create(root + "/a"));
    List<String> lines = lines("srvr");
    assertThat(shape(lines))
        .containsExactly(
            "Zookeeper version:",
            "Latency min/avg/max:",
            "Received:",
            "Sent:",
            "Connections:",
            "Outstanding:",
            "Zxid:",
            "Mode:",
            "Node count:");
    assertThat(lines.get(0)).matches("Zookeeper version: 3\\.9\\.\\S+.*, built on .+");
    assertThat(lines.get(1)).matches("Latency min/avg/max: \\d+/\\d+(\\.\\d+)?/\\d+");
    assertThat(lines.get(6)).matches("Zxid: 0x[0-9a-f]+");
    assertThat(lines.get(7)).isEqualTo("Mode: standalone");
    assertThat(lines.get(8)).matches("Node count: \\d+");
  }

  @Test
  void statHasTheClientsToo() throws IOException {
    session();
    List<String> lines = lines("stat");
    assertThat(lines.get(0)).startsWith("Zookeeper version: ");
    assertThat(lines.get(1)).isEqualTo("Clients:");
    assertThat(lines.get(2))
        .matches(" /127\\.0\\.0\\.1:\\d+\\[\\d+\\]\\(queued=\\d+,recved=\\d+,sent=\\d+\\)");
    int empty = lines.indexOf("");
    assertThat(shape(lines.subList(empty + 1, lines.size())))
        .startsWith("Latency min/avg/max:", "Received:", "Sent:")
        .endsWith("Mode:", "Node count:");
  }

  @Test
  void cons() throws IOException {
    Wire wire = session();
    wire.ok(Requests.getData("/", false));
    String sid = Long.toHexString(wire.session().id());
    String line =
        lines("cons").stream().filter(text -> text.contains("sid=0x" + sid)).findFirst().orElse("");
    assertThat(line)
        .matches(
            " /127\\.0\\.0\\.1:\\d+\\[\\d+\\]\\(queued=\\d+,recved=\\d+,sent=\\d+,sid=0x"
                + sid
                + ",lop=GETD,est=\\d+,to=120000,lcxid=0x1,lzxid=0x[0-9a-f]+,lresp=\\d+,llat=\\d+,"
                + "minlat=\\d+,avglat=\\d+,maxlat=\\d+\\)");
  }

  @Test
  void resets() throws IOException {
    assertThat(server.word("crst")).isEqualTo("Connection stats reset.\n");
    assertThat(server.word("srst")).isEqualTo("Server stats reset.\n");
  }

  @Test
  void dumpNamesSessionsAndEphemerals() throws IOException {
    Wire wire = session();
    wire.ok(Requests.create(root + "/e", new byte[0], 1));
    List<String> lines = lines("dump");
    String sid = "0x" + Long.toHexString(wire.session().id());
    assertThat(lines).contains("SessionTracker dump:", "ephemeral nodes dump:");
    assertThat(lines).contains(sid + ":", "\t" + root + "/e");
    assertThat(lines).anyMatch(line -> line.matches("Session Sets \\(\\d+\\)/\\(\\d+\\):"));
    assertThat(lines).anyMatch(line -> line.matches("\\d+ expire at .+:"));
    assertThat(lines).anyMatch(line -> line.matches("Sessions with Ephemerals \\(\\d+\\):"));
    assertThat(lines).anyMatch(line -> line.matches("Connections dump:?.*"));
    assertThat(lines).contains("\t" + sid);
  }

  @Test
  void envi() throws IOException {
    List<String> lines = lines("envi");
    assertThat(lines.get(0)).isEqualTo("Environment:");
    assertThat(keys(lines.subList(1, lines.size())))
        .contains(
            "zookeeper.version",
            "host.name",
            "java.version",
            "java.vendor",
            "java.home",
            "java.class.path",
            "java.library.path",
            "java.io.tmpdir",
            "java.compiler",
            "os.name",
            "os.arch",
            "os.version",
            "user.name",
            "user.home",
            "user.dir",
            "os.memory.free",
            "os.memory.max",
            "os.memory.total");
  }

  @Test
  void watchWords() throws IOException {
    Wire wire = session();
    wire.ok(Requests.getData(root, true));
    String sid = "0x" + Long.toHexString(wire.session().id());
    assertThat(server.word("wchs"))
        .matches("(?s)\\d+ connections watching \\d+ paths\nTotal watches:\\d+\n");
    assertThat(lines("wchc")).containsSubsequence(sid, "\t" + root);
    assertThat(lines("wchp")).containsSubsequence(root, "\t" + sid);
  }

  @Test
  void mntr() throws IOException {
    List<String> lines = lines("mntr");
    assertThat(lines).allMatch(line -> line.matches("zk_\\S+\t.*"));
    assertThat(lines.stream().map(line -> line.split("\t")[0]))
        .contains(
            "zk_version",
            "zk_server_state",
            "zk_avg_latency",
            "zk_min_latency",
            "zk_max_latency",
            "zk_packets_received",
            "zk_packets_sent",
            "zk_num_alive_connections",
            "zk_outstanding_requests",
            "zk_znode_count",
            "zk_watch_count",
            "zk_ephemerals_count",
            "zk_approximate_data_size",
            "zk_open_file_descriptor_count",
            "zk_max_file_descriptor_count",
            "zk_uptime",
            "zk_global_sessions",
            "zk_local_sessions",
            "zk_connection_request_count",
            "zk_bytes_received_count",
            "zk_avg_fsynctime",
            "zk_cnt_fsynctime",
            "zk_p99_readlatency",
            "zk_p99_updatelatency");
    assertThat(lines).contains("zk_server_state\tstandalone");
  }

  @Test
  void dirs() throws IOException {
    List<String> lines = lines("dirs");
    assertThat(lines.get(0)).matches("datadir_size: \\d+");
    assertThat(lines.get(1)).matches("logdir_size: \\d+");
  }

  @Test
  void traceMask() throws IOException {
    assertThat(server.word("gtmk")).isEqualTo("306");
    byte[] set = "stmk        ".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    java.nio.ByteBuffer.wrap(set).putLong(4, 306);
    assertThat(server.word(set)).isEqualTo("306");
  }

  @Test
  void hash() throws IOException {
    assertThat(server.word("hash")).doesNotContain("not executed");
  }

  @Test
  void wordsOutsideTheWhitelistAreNotExecuted() throws IOException {
    try (ServerProcess strict =
        ServerProcess.start(target, ServerSpec.standard().without("4lw.commands.whitelist"))) {
      for (String word : List.of("ruok", "stat", "mntr", "conf", "isro")) {
        assertThat(strict.word(word))
            .isEqualTo(word + " is not executed because it is not in the whitelist.\n");
      }
      assertThat(strict.word("srvr")).contains("Mode: standalone");
    }
  }

  private List<String> lines(String word) throws IOException {
    return Arrays.asList(server.word(word).split("\n"));
  }

  private static List<String> keys(List<String> lines) {
    return lines.stream().map(line -> line.split("=", 2)[0]).toList();
  }

  /** What comes before the value in lines such as {@code Node count: 5}. */
  private static List<String> shape(List<String> lines) {
    return lines.stream().map(line -> line.split(":", 2)[0] + ":").toList();
  }
}
