package conclave.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.ExitCode;
import conclave.protocol.ErrorCode;
import conclave.testkit.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the shell says to a refused reconfig, for which no path stands in the sentence. */
@Timeout(300)
class RefusalsTest {

  /** The first words are zkCli's; the others say what to do. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          BAD_VERSION          | version No is not valid :                   | "config" shows it
          BAD_ARGUMENTS        | Arguments are not valid :                   | server.ID=host:port1:port2
          MARSHALLING_ERROR    | KeeperErrorCode = MarshallingError          | ids are numbers
          NO_AUTH              | Insufficient permission :                   | addauth digest super:
          RECONFIG_IN_PROGRESS | Another reconfiguration is in progress --   | try again when
          NEW_CONFIG_NO_QUORUM | No quorum of new config is connected        | after new servers are connected
          RECONFIG_DISABLED    | KeeperErrorCode = Reconfig is disabled      | reconfigEnabled=true
          UNIMPLEMENTED        | KeeperErrorCode = Unimplemented             | restart the servers one by one
          NOT_READ_ONLY        | Not a read-only call:                       | lost its quorum
          """)
  void eachSaysWhatToDo(ErrorCode error, String words, String advice) {
    assertThat(Refusals.ofReconfig(error, "the message")).startsWith(words).contains(advice);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OK")
  void eachIsOneWholeSentence(ErrorCode error) {
    assertThat(Refusals.ofReconfig(error, error + " (" + error.code() + ") to RECONFIG"))
        .doesNotContain("\n")
        .endsWith(".")
        .doesNotContain(" : ;", " : .", ": ;", "  ", "\"stat ", "null");
  }

  @Test
  void aServerWithoutReconfig() {
    try (TestServer server = TestServer.start()) {
      assertThat(refused(server)).startsWith("KeeperErrorCode = Reconfig is disabled; ");
    }
    try (TestServer server = TestServer.start("reconfigEnabled=true")) {
      assertThat(refused(server)).startsWith("KeeperErrorCode = Unimplemented; ");
    }
  }

  private static String refused(TestServer server) {
    RecordingConsole console = new RecordingConsole();
    try (Shell shell =
        new Shell(
            console,
            new Sessions(10_000, false, false, 0, List.of(), null),
            Commands.all("1.2.3", name -> null),
            server.connectString(),
            false,
            false)) {
      assertThat(shell.execute("connect")).isZero();
      assertThat(shell.execute("reconfig -remove 1")).isEqualTo(ExitCode.REFUSED);
      assertThat(console.told()).hasSize(1);
      return console.told().get(0);
    }
  }
}
