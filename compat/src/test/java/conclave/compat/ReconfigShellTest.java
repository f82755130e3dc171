package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * {@code config} and {@code reconfig} of the shell against Apache's servers, which are the only
 * ones that change their members while they run. Who goes and comes is a follower, so that no other
 * election is needed, and the shells are with the leader.
 */
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(EnsembleLogsOnFailure.class)
final class ReconfigShellTest implements EnsembleLogsOnFailure.Owner {
  private static final String SUPER = "addauth digest super:secret";
  private static final String COMMITTED = "Committed new configuration:";

  private final Ensemble ensemble =
      Ensemble.prepare(
          Mix.of("AAA"),
          Ensemble.spec()
              .with("reconfigEnabled", "true")
              .with("standaloneEnabled", "false")
              // A follower that a busy machine keeps waiting counts as synced all the same.
              .with("initLimit", "120")
              .with("syncLimit", "120"));

  private int leader;
  private int gone;

  @BeforeAll
  void start() throws IOException {
    for (int sid : ensemble.sids()) {
      ServerProcess server = ensemble.server(sid);
      Path file = server.home().resolve("zoo.cfg.dynamic");
      Files.write(file, members(ensemble.sids()));
      ServerSpec spec = server.spec().with("dynamicConfigFile", file.toString());
      for (int other : ensemble.sids()) {
        spec = spec.without("server." + other);
      }
      server.launchAs(Target.APACHE, spec);
    }
    ensemble.awaitServing();
    ensemble.awaitFollowers(2);
    leader = ensemble.leader();
    gone = ensemble.follower();
  }

  @AfterAll
  void end() {
    ensemble.close();
  }

  @Override
  public Iterable<Ensemble> ensembles() {
    return List.of(ensemble);
  }

  @Test
  void membersGoAndCome() throws IOException {
    List<Integer> all = ensemble.sids();
    List<Integer> others = ensemble.votersBut(gone);

    List<String> before = shell("config", "config -c");
    assertThat(before.subList(0, 3)).isEqualTo(members(all));
    String version = version(before);
    assertThat(before.get(4)).isEqualTo(version + " " + addresses(all));

    List<String> without = shell(SUPER, "reconfig -remove " + gone + " -v " + version, "config");
    assertThat(without.subList(0, 3)).isEqualTo(committed(others));
    assertThat(without.subList(4, 7)).isEqualTo(without.subList(1, 4));
    assertThat(version(without)).isNotEqualTo(version);

    String add = "reconfig -s -add " + member(gone) + " -v ";
    List<String> outdated = shell(SUPER, add + version, "config");
    assertThat(outdated.get(0)).startsWith("version No is not valid : ");
    assertThat(outdated.subList(1, 3)).isEqualTo(members(others));

    List<String> with = shell(SUPER, add + version(without), "config -c");
    assertThat(with.subList(0, 4)).isEqualTo(committed(all));
    assertThat(with).contains("dataVersion = -1");
    assertThat(with.get(with.size() - 1)).endsWith(" " + addresses(all));

    String members = "reconfig -members " + String.join(",", members(others));
    assertThat(shell(SUPER, members).subList(0, 3)).isEqualTo(committed(others));
    Path file = ensemble.server(gone).home().resolve("members");
    Files.writeString(file, "# all\n" + String.join("\n", members(all)) + "\n");
    assertThat(shell(SUPER, "reconfig -file " + file).subList(0, 4)).isEqualTo(committed(all));
  }

  /** zkCli's words come first and the shell's advice behind them. */
  @Test
  void theRefusedAreExplained() {
    List<String> lines =
        List.of(
            "reconfig -remove " + gone,
            SUPER,
            "reconfig -remove 1 -v abc",
            "reconfig -remove 1,2,3",
            "reconfig -add server.4=127.0.0.1:1:2",
            "reconfig -add " + member(4) + " -remove one",
            "reconfig -add " + String.join(",", member(4), member(5), member(6)),
            "reconfig -members server.1=127.0.0.1:1",
            "config");
    List<String> ours = shell(lines.toArray(String[]::new));
    assertThat(ours.subList(0, 7))
        .satisfiesExactly(
            noAuth -> assertThat(noAuth).contains("/zookeeper/config", "addauth digest super:"),
            badVersion -> assertThat(badVersion).contains("-v", "\"config\" shows"),
            nobodyVotes -> assertThat(nobodyVotes).contains("have to vote"),
            noClientPort -> assertThat(noClientPort).contains("server.ID=host:port1:port2"),
            noNumber -> assertThat(noNumber).contains("ids are numbers"),
            nobodyThere -> assertThat(nobodyThere).contains("connected and synced"),
            noPort -> assertThat(noPort).contains("server.ID=host:port1:port2"));
    List<String> theirs =
        lines(
            CommandProcess.zkCli(
                    List.of(
                        "-server", ensemble.server(leader).connectString(), "-waitforconnection"),
                    lines)
                .output());
    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < theirs.size(); i++) {
      assertThat(ours.get(i)).startsWith(theirs.get(i));
    }
    assertThat(ours.subList(7, 10)).isEqualTo(members(ensemble.sids()));
  }

  /** What a shell prints that is with the leader. */
  private List<String> shell(String... lines) {
    return lines(
        CommandProcess.conclave(
                List.of("shell", "-server", ensemble.server(leader).connectString()),
                List.of(lines))
            .output());
  }

  /** Without what greets or tells of connections. */
  private static List<String> lines(String output) {
    return output
        .lines()
        .map(String::strip)
        .filter(
            line ->
                !line.isEmpty()
                    && !line.startsWith("Connecting to ")
                    && !line.startsWith("Welcome to ZooKeeper")
                    && !line.startsWith("JLine support")
                    && !line.equals("WATCHER::")
                    && !line.startsWith("WatchedEvent "))
        .toList();
  }

  private static String version(List<String> printed) {
    return printed.stream()
        .filter(line -> line.startsWith("version="))
        .reduce((first, last) -> last)
        .orElseThrow()
        .substring("version=".length());
  }

  private List<String> committed(List<Integer> sids) {
    List<String> lines = new ArrayList<>(List.of(COMMITTED));
    lines.addAll(members(sids));
    return lines;
  }

  private List<String> members(List<Integer> sids) {
    return sids.stream().map(this::member).toList();
  }

  private String addresses(List<Integer> sids) {
    return sids.stream()
        .map(sid -> ensemble.server(sid).connectString())
        .collect(Collectors.joining(","));
  }

  /** As the servers print it; from 4 on a server that does not exist. */
  private String member(int sid) {
    if (sid > ensemble.mix().size()) {
      return "server.%d=127.0.0.1:%d:%d:participant;127.0.0.1:%d"
          .formatted(sid, 1000 + sid, 1010 + sid, 1020 + sid);
    }
    return "server.%d=127.0.0.1:%d:%d:participant;127.0.0.1:%d"
        .formatted(
            sid,
            ensemble.quorumAddress(sid).getPort(),
            ensemble.electionAddress(sid).getPort(),
            ensemble.server(sid).port());
  }
}
