package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.ExitCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  @Test
  void helpNamesEveryCommandAndTheExitCodes() {
    assertThat(Main.execute("--help")).isZero();
    assertThat(text(out))
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
    assertThat(text(err)).isEmpty();
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
    String direct = text(out);
    assertThat(direct).contains("Usage: conclave " + command, "Examples:");
    out.reset();
    assertThat(Main.execute("help", command)).isZero();
    assertThat(text(out)).isEqualTo(direct);
  }

  @Test
  void versionIsTheBuilds() {
    assertThat(Main.execute("--version")).isZero();
    assertThat(text(out)).startsWith("Conclave ").doesNotContain("${");
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(Main.execute()).isEqualTo(ExitCode.USAGE);
    assertThat(text(err)).contains("COMMANDS");
  }

  @Test
  void aMistypedCommandIsGuessed() {
    assertThat(Main.execute("creat")).isEqualTo(ExitCode.USAGE);
    assertThat(text(err)).contains("create").doesNotContain("Exception");
  }

  @Test
  void aMissingArgumentIsNamed() {
    assertThat(Main.execute("set", "/a")).isEqualTo(ExitCode.USAGE);
    assertThat(text(err)).contains("DATA").contains("conclave set --help");
  }

  @Test
  void noServerIsSaidInOneLineWithWhatToDo() throws IOException {
    String nobody = "127.0.0.1:" + freePort();
    assertThat(Main.execute("get", "--server", nobody, "/")).isEqualTo(ExitCode.NO_CONNECTION);
    assertThat(text(err).lines()).hasSize(1);
    assertThat(text(err))
        .contains(nobody, "refused", "conclave server")
        .doesNotContain("Exception");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
