package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Apache's zkCli and {@code conclave shell} run the same lines against the same server, one after
 * the other, and print the same. The shell's errors may go on behind zkCli's words, with what to
 * do.
 */
@Timeout(300)
final class ZkCliTest extends OneServer {
  private static final List<String> LINES =
      List.of(
          "create /t hello",
          "create -s /t/s- 'two words'",
          "create -e -s /t/e-",
          "create -c /t/c \"a container\"",
          "create -t 600000 /t/ttl x",
          "create /t/null",
          "ls /t",
          "ls -s /t",
          "ls -R /t",
          "get /t",
          "get -s /t/s-0000000000",
          "get -b /t",
          "get -x /t",
          "get /t/null",
          "set /t changed",
          "set -s /t {\"json\":1}",
          "set /t aGVsbG8= -b -v 2",
          "set /t x -v 77",
          "get /t",
          "stat /t",
          "stat /none",
          "get /t/nothing",
          "create /t/nothing/below",
          "create /t",
          "create /t/e-0000000001/below",
          "delete /t",
          "getAcl /t",
          "getAcl -s /t",
          "setAcl /t world:anyone:cdrwa,ip:127.0.0.1:r",
          "setAcl -s /t world:anyone:cdrw",
          "getAcl /t",
          "setAcl /t world:anyone:cdrwa",
          "create /t/acl x digest:bob:fyVmFCwVbTJYrznoSu1koqYEYF0=:r",
          "set /t/acl y",
          "addauth digest bob:secret",
          "whoami",
          "getEphemerals",
          "getEphemerals /t",
          "getEphemerals /other",
          "getAllChildrenNumber /t",
          "sync /t",
          "setquota -n 100 /t/c",
          "setquota -B 100000 /t/c",
          "listquota /t/c",
          "setquota -N 5 /t/c",
          "listquota /t/c",
          "delquota -n /t/c",
          "listquota /t/c",
          "delquota /t/c",
          "listquota /t/c",
          "config",
          "config -c",
          "printwatches",
          "printwatches off",
          "printwatches",
          "removewatches /t",
          "delete -v 5 /t/null",
          "delete -v 0 /t/null",
          "history",
          "redo 6",
          "deleteall /t",
          "ls /t",
          "close",
          "ls /");

  @Test
  void theSameLinesPrintTheSame() {
    List<String> theirs = lines(zkCli(LINES).output());
    List<String> ours = lines(shell(LINES).output());
    assertThat(theirs).hasSizeGreaterThan(LINES.size());
    List<String> differences = new ArrayList<>();
    for (int i = 0; i < Math.max(theirs.size(), ours.size()); i++) {
      String their = i < theirs.size() ? theirs.get(i) : "(nothing)";
      String our = i < ours.size() ? ours.get(i) : "(nothing)";
      if (!our.startsWith(their)) {
        differences.add("line " + i + "\n  zkCli: " + their + "\n  shell: " + our);
      }
    }
    assertThat(differences).as(() -> "zkCli:\n" + String.join("\n", theirs)).isEmpty();
  }

  @Test
  void watchesTellTheSame() {
    List<String> script =
        List.of(
            "create /w 1",
            "get -w /w",
            "set /w 2",
            "addWatch /w",
            "create /w/c",
            "sync /w",
            "deleteall /w");
    List<String> theirs = events(zkCli(script).output());
    List<String> ours = events(shell(script).output());
    assertThat(theirs).hasSize(4);
    assertThat(ours).isEqualTo(theirs);
  }

  @Test
  void exitCodesAreTheSame() {
    for (String line : List.of("ls /", "get /none", "delete /zookeeper", "nosuchcommand")) {
      List<String> theirs = new ArrayList<>(List.of("-server", server.connectString()));
      List<String> ours = new ArrayList<>(List.of("shell", "-server", server.connectString()));
      theirs.addAll(List.of(line.split(" ")));
      ours.addAll(List.of(line.split(" ")));
      assertThat(CommandProcess.conclave(ours, List.of()).exitCode())
          .as(line)
          .isEqualTo(CommandProcess.zkCli(theirs, List.of()).exitCode());
    }
  }

  private CommandProcess.Ended zkCli(List<String> script) {
    return CommandProcess.zkCli(
        List.of("-server", server.connectString(), "-waitforconnection"), script);
  }

  private CommandProcess.Ended shell(List<String> script) {
    return CommandProcess.conclave(
        List.of("shell", "-server", server.connectString(), "-waitforconnection"), script);
  }

  /** Without what greets or tells of connections, and without what differs from run to run. */
  private static List<String> lines(String output) {
    return output
        .lines()
        .filter(line -> !line.isBlank())
        .filter(
            line ->
                !line.startsWith("Connecting to ")
                    && !line.startsWith("Welcome to ZooKeeper")
                    && !line.startsWith("JLine support")
                    && !line.equals("WATCHER::")
                    && !line.startsWith("WatchedEvent "))
        .map(
            line ->
                line.replaceAll("0x[0-9a-f]+", "0x#").replaceAll("time = .*", "time = #").strip())
        .toList();
  }

  private static List<String> events(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("WatchedEvent ") && !line.contains("type:None"))
        .map(line -> line.replaceAll("zxid: \\d+", "zxid: #"))
        .toList();
  }
}
