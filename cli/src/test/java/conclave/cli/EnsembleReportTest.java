package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnsembleReportTest {
  private static MemberStatus server(String address, String mode, String zxid) {
    return MemberStatus.parse(
        address,
        "Zookeeper version: 3.9.5-0123456789012345678901234567890123456789, built on 2026-01-01 00:00 UTC\n"
            + "Latency min/avg/max: 0/0.0/0\nReceived: 2\nSent: 1\nConnections: 4\nOutstanding: 2\nZxid: "
            + zxid
            + "\nMode: "
            + mode
            + "\nNode count: 5\n");
  }

  private static MemberStatus telling(MemberStatus leader, Map<String, String> monitored) {
    return new MemberStatus(
        leader.address(),
        null,
        leader.role(),
        leader.zxid(),
        leader.clients(),
        leader.outstanding(),
        leader.version(),
        monitored);
  }

  @Test
  void threeServersAndTheirLag() {
    EnsembleReport report =
        EnsembleReport.of(
            List.of(
                server("a:1", "follower", "0x20000000a"),
                server("b:2", "leader", "0x20000000f"),
                server("c:3", "observer", "0x100000007")));

    assertThat(report.hasQuorum()).isTrue();
    assertThat(report.table())
        .isEqualTo(
            "SERVER  ROLE      ZXID         EPOCH  CLIENTS  OUTSTANDING  LAG  VERSION\n"
                + "a:1     follower  0x20000000a  2      3        2            5    3.9.5\n"
                + "b:2     leader    0x20000000f  2      3        2            -    3.9.5\n"
                + "c:3     observer  0x100000007  1      3        2            15   3.9.5\n"
                + "\nLeader b:2, epoch 2; 2 of 2 voters are up.\n");
    assertThat(report.json())
        .startsWith(
            "{\"quorum\":true,\"leader\":\"b:2\",\"voters\":2,\"voters_up\":2,\"servers\":[{")
        .contains(
            "{\"server\":\"a:1\",\"role\":\"follower\",\"zxid\":\"0x20000000a\",\"epoch\":2,\"clients\":3,"
                + "\"outstanding\":2,\"lag\":5,\"version\":\"3.9.5\"}");
  }

  @Test
  void apachesFollowersShowTheEpochBeforeUntilSomethingHappens() {
    MemberStatus leader = server("a:1", "leader", "0x200000000");

    assertThat(server("b:2", "follower", "0x0").lagBehind(leader)).isZero();
    assertThat(server("b:2", "follower", "0x1000000ff").lagBehind(leader)).isZero();
  }

  @Test
  void oneThatIsGoneLeavesAQuorumAndIsShown() {
    EnsembleReport report =
        EnsembleReport.of(
            List.of(
                server("a:1", "follower", "0x100000000"),
                server("b:2", "leader", "0x100000000"),
                MemberStatus.unknown("c:3", "unreachable: connection refused")));

    assertThat(report.hasQuorum()).isTrue();
    assertThat(report.table())
        .contains("\nc:3     unreachable: connection refused\n")
        .endsWith("2 of 3 voters are up; one more down and nothing can be written.\n");
    assertThat(report.json())
        .contains("{\"server\":\"c:3\",\"error\":\"unreachable: connection refused\"}");
  }

  @Test
  void aLeaderKnowsOfVotersThatWereNotNamed() {
    MemberStatus leader = server("a:1", "leader", "0x100000000");
    Map<String, String> full =
        Map.of("quorum_size", "5", "synced_followers", "3", "synced_non_voting_followers", "1");
    Map<String, String> lonely =
        Map.of("quorum_size", "5", "synced_followers", "1", "synced_non_voting_followers", "0");

    assertThat(EnsembleReport.of(List.of(telling(leader, full))).votersUp()).isEqualTo(3);
    assertThat(EnsembleReport.of(List.of(telling(leader, full))).hasQuorum()).isTrue();
    assertThat(EnsembleReport.of(List.of(telling(leader, lonely))).hasQuorum()).isFalse();
  }

  @Test
  void withoutALeaderThereIsNoQuorum() {
    EnsembleReport report =
        EnsembleReport.of(
            List.of(
                MemberStatus.parse(
                    "a:1", "This ZooKeeper instance is not currently serving requests\n"),
                server("b:2", "read-only", "0x100000000")));

    assertThat(report.hasQuorum()).isFalse();
    assertThat(report.table())
        .contains("not serving: it has no quorum")
        .contains("No leader: 1 of 2");
  }

  @Test
  void followersAloneShowThatTheLeaderWasNotNamed() {
    EnsembleReport report = EnsembleReport.of(List.of(server("a:1", "follower", "0x100000000")));

    assertThat(report.hasQuorum()).isFalse();
    assertThat(report.table()).endsWith("name all servers.\n");
  }

  @Test
  void anOldLeaderThatHasNotNoticedIsNotTheLeader() {
    EnsembleReport report =
        EnsembleReport.of(
            List.of(
                server("a:1", "leader", "0x1000000ff"),
                server("b:2", "leader", "0x200000000"),
                server("c:3", "follower", "0x200000000")));

    assertThat(report.leader()).isNotNull();
    assertThat(report.leader().address()).isEqualTo("b:2");
    assertThat(report.votersUp()).isEqualTo(2);
  }

  @Test
  void oneThatStandsAloneIsEnough() {
    EnsembleReport report = EnsembleReport.of(List.of(server("a:1", "standalone", "0x1f")));

    assertThat(report.hasQuorum()).isTrue();
    assertThat(report.table()).endsWith("A server that stands alone.\n");
  }

  @Test
  void whatElseIsThereIsNamed() {
    assertThat(
            MemberStatus.parse("a:1", "srvr is not executed because it is not in the whitelist.\n")
                .problem())
        .contains("4lw.commands.whitelist");
    assertThat(MemberStatus.parse("a:1", "").problem()).contains("TLS");
    assertThat(MemberStatus.parse("a:1", "HTTP/1.1 400 Bad Request").problem())
        .contains("something else");
  }
}
