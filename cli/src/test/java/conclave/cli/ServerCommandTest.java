package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.server.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void anEnsembleIsNotServedYet() throws IOException {
    Path file =
        write(
            "dataDir="
                + directory
                + "\nclientPort=0\nserver.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\ninitLimit=5\nsyncLimit=5\n");
    Files.writeString(directory.resolve("myid"), "1");
    assertThat(failure(file, ExitCode.BAD_INVOCATION)).contains("standalone");
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
