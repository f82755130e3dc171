package conclave.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the words say of an ensemble of three voters and an observer, and of what happens to it. */
class EnsembleWordsTest {
  private static TestEnsemble ensemble;

  @BeforeAll
  static void start() {
    ensemble =
        TestEnsemble.start(
            3, 1, "admin.enableServer=true", "admin.serverPort=0", "admin.serverAddress=127.0.0.1");
  }

  @AfterAll
  static void stop() {
    ensemble.close();
  }

  private static String word(long id, String word) throws IOException {
    return ask(ensemble, id, word);
  }

  private static Map<String, String> mntr(long id) throws IOException {
    return word(id, "mntr")
        .lines()
        .map(line -> line.split("\t", 2))
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  private static void awaitMntr(long id, String key, String value) throws Exception {
    Await.until(key + "=" + value, () -> value.equals(mntr(id).get(key)));
  }

  @Test
  void afterAnElectionAllShowTheEpochsZxid() throws IOException {
    assertThat(ensemble.leader()).isBetween(1L, 3L);
    for (long id : ensemble.members()) {
      assertThat(word(id, "srvr")).containsPattern("\nZxid: 0x[1-9a-f][0-9a-f]{8}\n");
    }
  }

  @Test
  void leaderSaysWhoFollows() throws Exception {
    long leader = ensemble.leader();
    awaitMntr(leader, "zk_synced_followers", "2");
    awaitMntr(leader, "zk_synced_observers", "1");

    assertThat(mntr(leader))
        .containsEntry("zk_server_state", "leader")
        .containsEntry("zk_peer_state", "leading - broadcast")
        .containsEntry("zk_quorum_size", "3")
        .containsEntry("zk_learners", "3")
        .containsEntry("zk_synced_non_voting_followers", "0")
        .containsEntry("zk_pending_syncs", "0")
        .containsKeys("zk_leader_uptime", "zk_last_proposal_size", "zk_cnt_election_time");
    assertThat(word(leader, "srvr")).containsPattern("Mode: leader\nNode count: \\d+\nProposal");
  }

  @Test
  void followersAndObserversSayWhatTheyAre() throws Exception {
    long follower = ensemble.followers().get(0);
    awaitMntr(follower, "zk_peer_state", "following - broadcast");
    awaitMntr(4, "zk_peer_state", "observing - broadcast");

    assertThat(mntr(follower))
        .containsEntry("zk_server_state", "follower")
        .doesNotContainKeys("zk_learners", "zk_synced_followers", "zk_last_proposal_size");
    assertThat(mntr(4))
        .containsEntry("zk_server_state", "observer")
        .containsEntry("zk_observer_master_id", Long.toString(ensemble.leader()));
    assertThat(word(follower, "srvr")).contains("Mode: follower\n").doesNotContain("Proposal");
    assertThat(word(4, "stat")).contains("Mode: observer\n");
    assertThat(word(follower, "isro")).isEqualTo("rw");
  }

  private static String command(long id, String name) throws Exception {
    return Http.get(ensemble.server(id).adminPort(), "/commands/" + name).body();
  }

  @Test
  void theCommandsOverHttpKnowTheEnsemble() throws Exception {
    long leader = ensemble.leader();
    awaitMntr(leader, "zk_synced_observers", "1");
    awaitMntr(leader, "zk_synced_followers", "2");

    assertThat(command(leader, "leader"))
        .contains("\"is_leader\" : true", "\"leader_id\" : " + leader, "127.0.0.1");
    assertThat(command(4, "leader")).contains("\"is_leader\" : false", "\"leader_id\" : " + leader);
    assertThat(command(leader, "observers")).contains("\"synced_observers\" : 1", "\"sid\" : 4");
    assertThat(command(4, "observers")).contains("\"synced_observers\" : 0");
    assertThat(command(4, "voting_view"))
        .contains("\"1\"", "\"2\"", "\"3\"", "server_addresses", "\"participant\"")
        .doesNotContain("\"4\"");
    assertThat(command(4, "zabstate"))
        .contains("\"myid\" : 4", "\"voting\" : false", "\"zabstate\" : \"broadcast\"");
    assertThat(command(leader, "srvr")).contains("\"proposal_stats\"");
    assertThat(command(4, "srvr")).doesNotContain("\"proposal_stats\"");
    assertThat(command(4, "conf")).contains("\"server_id\" : 4");
  }

  /** On a busy machine a start can take more than one election. */
  @Test
  void electionsAreMeasured() throws Exception {
    for (long id : ensemble.members()) {
      Await.until("figures of " + id, () -> figure(id, "cnt_unavailable_time") > 0);
      assertThat(figure(id, "looking_count")).isPositive();
      assertThat(figure(id, "cnt_election_time")).isEqualTo(figure(id, "looking_count"));
      assertThat(figure(id, "sum_unavailable_time"))
          .isGreaterThanOrEqualTo(figure(id, "sum_election_time"));
    }
    long leader = ensemble.leader();
    assertThat(figure(leader, "cnt_leader_unavailable_time")).isPositive();
    assertThat(figure(ensemble.followers().get(0), "cnt_follower_sync_time")).isPositive();
    assertThat(figure(4, "cnt_observer_sync_time")).isPositive();
  }

  private static long figure(long id, String name) throws IOException {
    return Long.parseLong(mntr(id).get("zk_" + name));
  }

  @Test
  void confNamesTheMembers() throws IOException {
    String conf = word(4, "conf");

    assertThat(conf)
        .containsPattern(
            "serverId=4\ninitLimit=20\nsyncLimit=10\nelectionAlg=3\nelectionPort=\\d+\n"
                + "quorumPort=\\d+\npeerType=1\nmembership: \nserver.1=127.0.0.1:\\d+:\\d+:participant\n")
        .endsWith("version=0");
    assertThat(word(1, "conf")).contains("serverId=1\n", "peerType=0\n");
  }

  @Test
  void sessionsAreTimedByTheLeaderAndKnownByAll() throws Exception {
    long follower = ensemble.followers().get(0);
    try (ZooKeeper client = new ZooKeeper(ensemble.connectString(follower), 8_000, event -> {})) {
      client.create("/here", new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
      String id = "0x" + Long.toHexString(client.getSessionId());

      assertThat(word(follower, "dump"))
          .containsPattern("SessionTracker dump:\nGlobal Sessions\\(\\d+\\):\n")
          .contains("\n" + id + "\t8000ms\n")
          .contains("\n" + id + ":\n\t/here\n");
      assertThat(word(ensemble.leader(), "dump"))
          .containsPattern("SessionTracker dump:\nSession Sets \\(\\d+\\)/\\(\\d+\\):\n")
          .contains("\t" + id + "\n");
      assertThat(mntr(ensemble.leader()).get("zk_last_proposal_size")).isNotEqualTo("-1");
      assertThat(Long.parseLong(mntr(ensemble.leader()).get("zk_proposal_count"))).isPositive();
    }
  }

  @Test
  void withoutAQuorumMostWordsAreRefused() throws Exception {
    try (TestEnsemble two = TestEnsemble.start(2)) {
      long leader = two.leader();
      long other = 3 - leader;
      two.stopMember(other);
      Await.until("the leader has stepped down", () -> ask(two, leader, "isro").equals("null"));

      assertThat(ask(two, leader, "srvr"))
          .isEqualTo("This ZooKeeper instance is not currently serving requests\n");
      assertThat(ask(two, leader, "ruok")).isEqualTo("imok");

      two.startMember(other);
      two.awaitServing();
      assertThat(ask(two, leader, "isro")).isEqualTo("rw");
    }
  }

  private static String ask(TestEnsemble of, long id, String word) throws IOException {
    String address = of.connectString(id);
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) Duration.ofSeconds(10).toMillis());
      socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
