package conclave.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import conclave.cli.common.CommandFailure;
import conclave.server.ConclaveServer;
import conclave.server.ExitCode;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that can't start says why and starts nothing. */
class ServerCommandTest {
  @TempDir Path directory;

  @Test
  void aMissingFileIsNamed() {
    Path missing = directory.resolve("none.cfg");
    assertThat(failure(missing, ExitCode.BAD_INVOCATION)).contains("none.cfg");
  }

  @Test
  void aWrongValueIsNamedWithItsLine() throws IOException {
    Path file = write("dataDir=" + directory + "\nclientPort=many\n");
    assertThat(failure(file, ExitCode.BAD_INVOCATION))
        .contains("zoo.cfg", "2", "clientPort", "many");
  }

  @Test
  void aTakenPortIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file =
          write(
              "dataDir="
                  + directory.resolve("data")
                  + "\nclientPortAddress=127.0.0.1\nclientPort="
                  + taken.getLocalPort()
                  + "\n");
      assertThat(failure(file, ExitCode.PORT))
          .contains(Integer.toString(taken.getLocalPort()), "in use");
    }
  }

  @Test
  void missingKeyStoreIsSaidBeforeAnythingIsTouched() throws IOException {
    Path data = directory.resolve("untouched");
    Path file = write("dataDir=" + data + "\nsecureClientPort=0\n");

    assertThat(failure(file, ExitCode.BAD_INVOCATION)).contains("TLS", "ssl.keyStore.location");
    assertThat(data).doesNotExist();
  }

  @Test
  void theBannerTellsWhereToConnect() throws Exception {
    ServerConfig config =
        ZooCfg.parse(
            "dataDir="
                + directory.resolve("data")
                + "\nclientPortAddress=127.0.0.1\nclientPort=0\nadmin.enableServer=false\n",
            Map.of());
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (ConclaveServer server =
        ConclaveServer.start(config, (code, what, cause) -> fail(what, cause))) {
      ServerCommand.printBanner(config, server, new PrintStream(text, true, UTF_8));
      assertThat(text.toString(UTF_8))
          .contains("127.0.0.1, port " + server.clientPort(), "127.0.0.1:" + server.clientPort())
          .contains(directory.resolve("data").toString())
          .doesNotContain("TLS");
    }
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("zoo.cfg"), text);
  }

  private static String failure(Path file, int exitCode) {
    String[] text = new String[1];
    assertThatThrownBy(() -> ServerCommand.run(file))
        .isInstanceOfSatisfying(
            CommandFailure.class,
            failure -> {
              assertThat(failure.exitCode()).isEqualTo(exitCode);
              text[0] = failure.text();
            });
    return text[0];
  }
}
