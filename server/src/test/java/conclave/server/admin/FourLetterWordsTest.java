package conclave.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.server.config.Words;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The expected texts are what Apache ZooKeeper 3.9.5 sent, with the numbers of the fake server in
 * them.
 */
class FourLetterWordsTest {

  private final FakeServer server = new FakeServer();
  private final FourLetterWords words = new FourLetterWords(Words.ALL);

  private String answer(String word) {
    return words.answer(word, server);
  }

  private static InetSocketAddress client(int port) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static ConnectionView connection(int port, long sessionId, long expiresAtMs) {
    ConnectionStats stats = new ConnectionStats();
    for (int i = 0; i < 9; i++) {
      stats.packetReceived();
    }
    stats.packetSent();
    if (sessionId != 0) {
      stats.responded(8, 8, "ADDW", 1_897_558, 24);
      stats.responded(-2, 9, "PING", 1_897_600, 1);
    }
    return stats.view(
        client(port), 1, 2, 0, sessionId, 20_000, 1_795_310_526_320L, expiresAtMs, false);
  }

  @Test
  void firstFourBytesAreAWordOrALength() {
    assertThat(FourLetterWords.wordOf(0x72756f6b)).isEqualTo("ruok");
    assertThat(FourLetterWords.wordOf(0x73746d6b)).isEqualTo("stmk");
    assertThat(FourLetterWords.wordOf(44)).isNull();
    assertThat(FourLetterWords.wordOf(0x52554f4b)).isNull();
    assertThat(FourLetterWords.wordOf(-1)).isNull();
    assertThat(FourLetterWords.hasArgument("stmk")).isTrue();
    assertThat(FourLetterWords.hasArgument("ruok")).isFalse();
  }

  @Test
  void wordsOutsideTheWhitelistAreNotExecuted() {
    FourLetterWords few = new FourLetterWords(Set.of("srvr"));

    assertThat(few.answer("ruok", server))
        .isEqualTo("ruok is not executed because it is not in the whitelist.\n");
    assertThat(few.setTraceMask(1, server))
        .isEqualTo("stmk is not executed because it is not in the whitelist.\n");
    assertThat(few.answer("crst", server)).contains("whitelist");
    assertThat(server.resets).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "conf", "cons", "crst", "dirs", "dump", "mntr", "srst", "srvr", "stat", "wchc", "wchp",
        "wchs"
      })
  void whileNotServingMostWordsSaySo(String word) {
    server.serving = false;

    assertThat(answer(word))
        .isEqualTo("This ZooKeeper instance is not currently serving requests\n");
  }

  @Test
  void whileNotServingSomeWordsStillAnswer() {
    server.serving = false;

    assertThat(answer("ruok")).isEqualTo("imok");
    assertThat(answer("isro")).isEqualTo("null");
    assertThat(answer("gtmk")).isEqualTo("306");
    assertThat(answer("envi")).startsWith("Environment:\n");
    assertThat(answer("hash"))
        .isEqualTo("This ZooKeeper instance is not currently serving requests");
  }

  @Test
  void isro() {
    assertThat(answer("isro")).isEqualTo("rw");
    server.readOnly = true;
    assertThat(answer("isro")).isEqualTo("ro");
  }

  @Test
  void traceMaskIsRemembered() {
    assertThat(words.setTraceMask(307, server)).isEqualTo("307");
    assertThat(answer("gtmk")).isEqualTo("307");
  }

  @Test
  void srvr() {
    Recorder recorder = server.metrics.newRecorder();
    recorder.packetReceived(44);
    recorder.packetReceived(10);
    recorder.packetSent();
    recorder.readLatency(0);
    recorder.updateLatency(10);
    recorder.updateLatency(0);

    assertThat(answer("srvr"))
        .isEqualTo(
            "Zookeeper version: 3.9.5-test, built on 2026-01-01 00:00 UTC\n"
                + "Latency min/avg/max: 0/3.3333/10\nReceived: 2\nSent: 1\nConnections: 3\nOutstanding: 7\n"
                + "Zxid: 0x135\nMode: standalone\nNode count: 11\n");
    assertThat(answer("srst")).isEqualTo("Server stats reset.\n");
    assertThat(answer("srvr")).contains("Latency min/avg/max: 0/0.0/0\nReceived: 0\nSent: 0\n");
  }

  private static ServerView.MemberView member(ServerView.LeaderView leader) {
    return new ServerView.MemberView(
        3,
        3,
        "server.1=a:1:2:participant\nserver.2=b:1:2:participant\nserver.3=c:1:2:participant\n"
            + "server.4=d:1:2:observer\nversion=0",
        13681,
        25698,
        leader == null,
        leader == null ? "observing - broadcast" : "leading - broadcast",
        3,
        leader);
  }

  @Test
  void srvrOfALeader() {
    server.member =
        member(new ServerView.LeaderView(3, 2, 0, 1, 0, 48, 44, 105, 2775, List.of(4L)));
    assertThat(answer("srvr")).endsWith("Node count: 11\nProposal sizes last/min/max: 48/44/105\n");
    server.member = member(null);
    assertThat(answer("srvr")).endsWith("Node count: 11\n");
  }

  @Test
  void confOfAMember() {
    server.member = member(null);
    assertThat(answer("conf"))
        .endsWith(
            "clientPortListenBacklog=-1\nserverId=3\ninitLimit=0\nsyncLimit=0\nelectionAlg=3\n"
                + "electionPort=13681\nquorumPort=25698\npeerType=1\nmembership: \n"
                + "server.1=a:1:2:participant\nserver.2=b:1:2:participant\n"
                + "server.3=c:1:2:participant\nserver.4=d:1:2:observer\nversion=0");
  }

  @Test
  void mntrOfAMember() {
    server.member =
        member(new ServerView.LeaderView(3, 2, 0, 1, 0, 48, 44, 105, 2775, List.of(4L)));
    assertThat(answer("mntr"))
        .contains(
            "zk_peer_state\tleading - broadcast\nzk_quorum_size\t3\nzk_leader_uptime\t2775\n"
                + "zk_learners\t3\nzk_synced_followers\t2\nzk_synced_non_voting_followers\t0\n"
                + "zk_synced_observers\t1\nzk_pending_syncs\t0\nzk_last_proposal_size\t48\n"
                + "zk_max_proposal_size\t105\nzk_min_proposal_size\t44\n");
    server.member = member(null);
    assertThat(answer("mntr"))
        .contains("zk_quorum_size\t3\nzk_observer_master_id\t3\n")
        .doesNotContain("synced_followers");
  }

  @Test
  void dumpOfALearnerHasTimeoutsOnly() {
    server.member = member(null);
    server.sessions = List.of(new SessionView(0x1b, 5));
    server.sessionTimeouts.put(0x1bL, 30_000);
    server.sessionTimeouts.put(0x1aL, 4_000);

    assertThat(answer("dump"))
        .startsWith(
            "SessionTracker dump:\nGlobal Sessions(2):\n0x1a\t4000ms\n0x1b\t30000ms\n"
                + "ephemeral nodes dump:\n");
  }

  @Test
  void srvrOfAReadOnlyServer() {
    server.readOnly = true;

    assertThat(answer("srvr"))
        .contains("UTC\nREAD-ONLY mode; serving only read-only clients\nLatency")
        .contains("Mode: read-only\n");
  }

  @Test
  void stat() {
    server.connections = List.of(connection(48398, 0x100001c625b0001L, 0), connection(48399, 0, 0));

    assertThat(answer("stat"))
        .isEqualTo(
            "Zookeeper version: 3.9.5-test, built on 2026-01-01 00:00 UTC\nClients:\n"
                + " /127.0.0.1:48398[1](queued=2,recved=9,sent=1)\n"
                + " /127.0.0.1:48399[1](queued=2,recved=9,sent=1)\n"
                + "\nLatency min/avg/max: 0/0.0/0\nReceived: 0\nSent: 0\nConnections: 3\nOutstanding: 7\n"
                + "Zxid: 0x135\nMode: standalone\nNode count: 11\n");
  }

  @Test
  void cons() {
    server.connections = List.of(connection(60640, 0x100001c625b0001L, 0), connection(60644, 0, 0));

    assertThat(answer("cons"))
        .isEqualTo(
            " /127.0.0.1:60640[1](queued=2,recved=9,sent=1,sid=0x100001c625b0001,lop=PING,est=1795310526320,to=20000,"
                + "lcxid=0x8,lzxid=0x9,lresp=1897600,llat=1,minlat=1,avglat=12,maxlat=24)\n"
                + " /127.0.0.1:60644[1](queued=2,recved=9,sent=1)\n\n");
  }

  @Test
  void consBeforeTheFirstRequest() {
    ConnectionStats fresh = new ConnectionStats();
    server.connections = List.of(fresh.view(client(1), 5, 0, 0, 3, 1000, 2000, 0, false));

    assertThat(answer("cons"))
        .isEqualTo(
            " /127.0.0.1:1[5](queued=0,recved=0,sent=0,sid=0x3,lop=NA,est=2000,to=1000,lzxid=0xffffffffffffffff,"
                + "lresp=0,llat=0,minlat=0,avglat=0,maxlat=0)\n\n");
  }

  @Test
  void crst() {
    assertThat(answer("crst")).isEqualTo("Connection stats reset.\n");
    assertThat(server.resets).isEqualTo(1);
  }

  @Test
  void conf() {
    assertThat(answer("conf"))
        .isEqualTo(
            "clientPort=21811\nsecureClientPort=-1\ndataDir=/data/version-2\ndataDirSize=478\n"
                + "dataLogDir=/data/version-2\ndataLogSize=479\ntickTime=2000\nmaxClientCnxns=60\n"
                + "minSessionTimeout=4000\nmaxSessionTimeout=40000\nclientPortListenBacklog=-1\nserverId=0\n");
  }

  @Test
  void envi() {
    List<String> keys =
        answer("envi").lines().skip(1).map(line -> line.substring(0, line.indexOf('='))).toList();

    assertThat(answer("envi")).startsWith("Environment:\nzookeeper.version=3.9.5-test, built on");
    assertThat(keys)
        .containsExactly(
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
    assertThat(answer("envi")).containsPattern("os.memory.max=\\d+MB\n");
  }

  @Test
  void dirs() {
    assertThat(answer("dirs")).isEqualTo("datadir_size: 478\nlogdir_size: 479\n");
  }

  @Test
  void dump() {
    long early = 1_795_310_537_000L;
    long late = 1_795_310_547_000L;
    server.sessions =
        List.of(
            new SessionView(0x1b, late), new SessionView(0x1a, early), new SessionView(0x1c, late));
    server.ephemerals = new LinkedHashMap<>(Map.of(0x1aL, List.of("/a/e2", "/a/e1")));
    server.connections = List.of(connection(60632, 0x1a, early), connection(60650, 0, late));

    assertThat(answer("dump"))
        .isEqualTo(
            "SessionTracker dump:\nSession Sets (2)/(3):\n"
                + ("1 expire at " + new Date(early) + ":\n\t0x1a\n")
                + ("2 expire at " + new Date(late) + ":\n\t0x1b\n\t0x1c\n")
                + "ephemeral nodes dump:\nSessions with Ephemerals (1):\n0x1a:\n\t/a/e2\n\t/a/e1\n"
                + "Connections dump:\nConnections Sets (2)/(2):\n"
                + ("1 expire at " + new Date(early) + ":\n\tip: /127.0.0.1:60632 sessionId: 0x1a\n")
                + ("1 expire at " + new Date(late) + ":\n\tip: /127.0.0.1:60650 sessionId: 0x0\n"));
  }

  @Test
  void watches() {
    assertThat(answer("wchc")).isEqualTo("\n");
    assertThat(answer("wchp")).isEqualTo("\n");

    server.dataWatches = new LinkedHashMap<>();
    server.dataWatches.put(0x1bL, List.of("/a", "/t"));
    server.dataWatches.put(0x1aL, List.of("/a", "/nope"));
    server.watchSummary = new ServerView.WatchSummary(2, 3, 4);

    assertThat(answer("wchc")).isEqualTo("0x1b\n\t/a\n\t/t\n0x1a\n\t/a\n\t/nope\n\n");
    assertThat(answer("wchp")).isEqualTo("/a\n\t0x1b\n\t0x1a\n/t\n\t0x1b\n/nope\n\t0x1a\n\n");
    assertThat(answer("wchs")).isEqualTo("2 connections watching 3 paths\nTotal watches:4\n");
  }

  @Test
  void hash() {
    assertThat(answer("hash")).isEmpty();
    server.digests =
        List.of(
            new ServerView.ZxidDigest(0x80, 10_840_614_814L), new ServerView.ZxidDigest(0x100, -1));

    assertThat(answer("hash")).isEqualTo("80: 10840614814\n100: -1\n");
  }

  @Test
  void everyWordAnswers() {
    for (String word : Words.ALL) {
      if (!FourLetterWords.hasArgument(word)) {
        assertThat(answer(word)).as(word).isNotNull();
      }
    }
  }
}
