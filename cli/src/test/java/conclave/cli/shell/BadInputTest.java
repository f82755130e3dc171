package conclave.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.Captured;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.SessionState;
import conclave.testkit.ConclaveExtension;
import conclave.testkit.Relay;
import conclave.testkit.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What goes wrong is said in one sentence with an exit code, and without a stack trace. */
@Timeout(300)
class BadInputTest {
  @RegisterExtension static final ConclaveExtension SERVER = new ConclaveExtension();

  @RegisterExtension final Captured captured = new Captured();
  private final InputStream realIn = System.in;

  @AfterEach
  void restore() {
    System.setIn(realIn);
  }

  private int execute(String... arguments) {
    captured.reset();
    CommandLine line = new CommandLine(new ShellEntry("1.2.3"));
    line.setStopAtPositional(true);
    line.setExecutionExceptionHandler(
        (e, failed, parsed) -> {
          if (e instanceof CommandFailure failure) {
            System.err.println(failure.text());
            return failure.exitCode();
          }
          throw e;
        });
    return line.execute(arguments);
  }

  private String printed() {
    return captured.out();
  }

  /** What a command says that fails: one line, no trace of Java. */
  private String failing(int exitCode, String... arguments) {
    int code = execute(arguments);
    // The server of these tests lives in this process, and its log goes to the same stream.
    String said =
        captured
            .err()
            .lines()
            .filter(line -> !line.matches("\\d{4}-\\d\\d-\\d\\dT.*"))
            .map(line -> line + "\n")
            .collect(Collectors.joining());
    assertThat(code).as(said).isEqualTo(exitCode);
    assertThat(said.lines()).as(said).hasSize(1);
    assertThat(said).endsWith(".\n").doesNotContain("Exception", "\tat ");
    return said;
  }

  @Test
  void wrongHosts() throws IOException {
    assertThat(failing(ExitCode.NO_CONNECTION, "nosuchhost.invalid", "ls", "/"))
        .contains("nosuchhost.invalid:2181 (no such host)", "host:port");
    assertThat(failing(ExitCode.USAGE, "-server", "host:99999", "ls", "/"))
        .contains("does not say where to connect", "host:port,host:port/chroot");
    assertThat(failing(ExitCode.USAGE, "-server", "host:2181//x", "ls", "/"))
        .contains("empty segment");
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String nobody = "127.0.0.1:" + closed.getLocalPort();
      closed.close();
      assertThat(failing(ExitCode.NO_CONNECTION, nobody, "-e", "ls /"))
          .contains(nobody + " (connection refused)", "conclave server");
    }
  }

  @Test
  void wrongCredentials() {
    assertThat(
            failing(ExitCode.USAGE, "-server", SERVER.connectString(), "--auth", "bob", "ls", "/"))
        .contains("scheme:credentials");
    assertThat(failing(ExitCode.REFUSED, SERVER.connectString(), "addauth", "nosuchscheme", "x"))
        .contains("refused the credentials");
    assertThat(
            failing(
                ExitCode.REFUSED, "--auth", "nosuchscheme:x", SERVER.connectString(), "ls", "/"))
        .contains("refused the credentials");
  }

  @Test
  void tooLargeData() {
    String large = "x".repeat(1_100_000);
    assertThat(failing(ExitCode.NO_CONNECTION, SERVER.connectString(), "create", "/large", large))
        .contains("1,100,000 bytes", "jute.maxbuffer");
    assertThat(failing(ExitCode.NO_CONNECTION, SERVER.connectString(), "set", "/zookeeper", large))
        .contains("1,100,000 bytes", "jute.maxbuffer");
  }

  @Test
  void anExpiredSessionInTheMiddle() {
    try (TestServer server = TestServer.start("tickTime=100");
        Relay relay = Relay.to(server::port);
        Shell shell =
            new Shell(
                new RecordingConsole(),
                new Sessions(1_000, false, false, 0, List.of(), null),
                Commands.all("1.2.3", name -> null),
                relay.connectString(),
                false,
                false)) {
      RecordingConsole console = (RecordingConsole) shell.console();
      assertThat(shell.execute("connect")).isZero();
      assertThat(shell.execute("create -e /mine")).isZero();
      relay.refuse();
      assertThat(shell.execute("get /mine")).isEqualTo(ExitCode.NO_CONNECTION);
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> shell.client().state() == SessionState.LOST);
      relay.open();
      assertThat(shell.execute("get /mine")).isEqualTo(ExitCode.NO_CONNECTION);
      assertThat(console.told())
          .containsExactly(
              "The session has ended: its ephemeral znodes are gone, and what was not answered may"
                  + " or may not have been done; \"connect\" begins another.");
      assertThat(shell.execute("connect")).isZero();
      // The client counts a session as lost a little before the server does.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> shell.execute("get /mine") == ExitCode.REFUSED);
    }
  }

  @Test
  void invalidPaths() {
    assertThat(failing(ExitCode.USAGE, SERVER.connectString(), "ls", "relative"))
        .isEqualTo("\"relative\": a path starts with /.\n");
    assertThat(failing(ExitCode.USAGE, SERVER.connectString(), "create", "/a/../b"))
        .contains("relative segments");
    assertThat(failing(ExitCode.USAGE, SERVER.connectString(), "get", "/a/"))
        .contains("doesn't end with /");
  }

  @Test
  void aWrongFileOfTheClientsConfiguration(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("zk.properties");
    assertThat(
            failing(
                ExitCode.USAGE,
                "-client-configuration",
                file.toString(),
                "-server",
                SERVER.connectString(),
                "ls",
                "/"))
        .contains(file.toString(), "can't be read");
    Files.writeString(file, "zookeeper.client.secure=true\n");
    assertThat(
            failing(
                ExitCode.USAGE,
                "-client-configuration",
                file.toString(),
                "-server",
                SERVER.connectString(),
                "ls",
                "/"))
        .contains("names no zookeeper.ssl.trustStore.location");
  }

  @Test
  void aScriptGoesOnAndItsExitCodeIsTheLastFailures() {
    System.setIn(
        new ByteArrayInputStream(
            "create /script 1\nget /nothing\nnosuch\n# a comment\n\nget /script\nquit\nget /script\n"
                .getBytes(StandardCharsets.UTF_8)));
    assertThat(execute("-server", SERVER.connectString())).isEqualTo(Shell.UNKNOWN_COMMAND);
    assertThat(printed()).isEqualTo("Created /script\n1\n");
    assertThat(captured.err().lines()).hasSize(2);
  }

  @Test
  void optionsMayStandBehindTheHosts() {
    assertThat(execute(SERVER.connectString(), "--json", "-e", "ls /", "-e", "ls /none"))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(printed()).contains("{\"path\":\"/\",\"children\":[");
    assertThat(
            execute("-server", SERVER.connectString(), "-timeout", "5000", "-r", "ls", "-s", "/"))
        .isZero();
    assertThat(printed()).contains("zookeeper", "cZxid = 0x0");
  }

  @Test
  void debugShowsWhere() {
    assertThat(execute("--debug", SERVER.connectString(), "get", "/none"))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(captured.err()).contains("Node does not exist", "\tat ");
  }
}
