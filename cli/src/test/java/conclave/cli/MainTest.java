package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.Captured;
import conclave.cli.common.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @RegisterExtension final Captured captured = new Captured();

  @Test
  void helpNamesEveryCommandAndTheExitCodes() {
    assertThat(Main.execute("--help")).isZero();
    assertThat(captured.out())
        .contains(
            "server",
            "ensemble",
            "status",
            "failover",
            "get",
            "set",
            "create",
            "ls",
            "stat",
            "delete",
            "lock",
            "elect",
            "barrier",
            "nameservice",
            "log",
            "snapshot",
            "purge",
            "bench")
        .contains("EXIT STATUS", "ENVIRONMENT", "EXAMPLES");
    assertThat(captured.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server",
        "ensemble",
        "status",
        "failover",
        "get",
        "set",
        "create",
        "ls",
        "stat",
        "delete",
        "shell",
        "lock",
        "elect",
        "barrier",
        "nameservice",
        "log",
        "snapshot",
        "purge"
      })
  void everyCommandHasHelpWithExamples(String command) {
    assertThat(Main.execute(command, "--help")).isZero();
    String direct = captured.out();
    assertThat(direct).contains("Usage: conclave " + command, "Examples:");
    captured.reset();
    assertThat(Main.execute("help", command)).isZero();
    assertThat(captured.out()).isEqualTo(direct);
  }

  @Test
  void versionIsTheBuilds() {
    assertThat(Main.execute("--version")).isZero();
    assertThat(captured.out()).startsWith("Conclave ").doesNotContain("${");
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(Main.execute()).isEqualTo(ExitCode.USAGE);
    assertThat(captured.err()).contains("COMMANDS");
  }

  @Test
  void aMistypedCommandIsGuessed() {
    assertThat(Main.execute("creat")).isEqualTo(ExitCode.USAGE);
    assertThat(captured.err()).contains("create").doesNotContain("Exception");
  }

  @Test
  void aMissingArgumentIsNamed() {
    assertThat(Main.execute("set", "/a")).isEqualTo(ExitCode.USAGE);
    assertThat(captured.err()).contains("DATA").contains("conclave set --help");
  }

  @Test
  void noServerIsSaidInOneLineWithWhatToDo() throws IOException {
    String nobody = "127.0.0.1:" + freePort();
    assertThat(Main.execute("get", "--server", nobody, "/")).isEqualTo(ExitCode.NO_CONNECTION);
    assertThat(captured.err().lines()).hasSize(1);
    assertThat(captured.err())
        .contains(nobody, "refused", "conclave server")
        .doesNotContain("Exception");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
