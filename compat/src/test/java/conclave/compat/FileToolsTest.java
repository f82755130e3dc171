package conclave.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code conclave log} and {@code snapshot} on the files of Apache's server, running and killed.
 */
@Timeout(300)
final class FileToolsTest {
  private static final List<String> LINES =
      List.of(
          "create /t hello",
          "create -s /t/s-",
          "create -e /t/e",
          "create -c /t/c",
          "create -t 600000 /t/ttl",
          "set /t again",
          "setAcl /t ip:127.0.0.1:cdrwa",
          "create /t",
          "delete /t/s-0000000000");

  @Test
  void theyReadWhatApacheWrote() {
    try (ServerProcess server = ServerProcess.start(Target.APACHE, ServerSpec.full())) {
      CommandProcess.conclave(List.of("shell", server.connectString()), LINES);
      String data = server.home().resolve("data").toString();
      assertThat(run("log", "verify", data)).contains("log.1: 11 transactions 0x1..0xb");
      server.kill();
      assertThat(run("log", "dump", data).lines().map(line -> line.split("  ", -1)[4]))
          .containsExactly(
              "createSession",
              "create2",
              "create2",
              "create2",
              "createContainer",
              "createTTL",
              "setData",
              "setACL",
              "error",
              "delete",
              "closeSession");
      assertThat(run("log", "dump", "--path", "/t/e", data).lines()).hasSize(2);
      server.restart();
      server.stop();
      assertThat(run("snapshot", "verify", data).lines())
          .allMatch(line -> line.endsWith(", whole"))
          .last()
          .asString()
          .contains("snapshot.b: 7 znodes, 0 sessions");
      String newest = server.home().resolve("data/version-2/snapshot.b").toString();
      assertThat(run("snapshot", "dump", "-d", "--path", "/t", newest))
          .isEqualTo(
              "/t  5 B  v1  ip:127.0.0.1:cdrwa  \"again\"\n"
                  + "/t/c  container  0 B  v0\n"
                  + "/t/ttl  ttl=600000ms  0 B  v0\n");
      assertThat(run("snapshot", "summary", "--from", "/t", newest))
          .contains("3               5  /t\n");
    }
  }

  private static String run(String... arguments) {
    CommandProcess.Ended ended =
        CommandProcess.conclave(new ArrayList<>(List.of(arguments)), List.of());
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    return ended.output();
  }
}
