package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.cli.common.CommandFailure;
import conclave.server.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnsembleLayoutTest {
  @TempDir Path directory;

  private static EnsembleLayout.Wish wish(Integer size, Integer observers, Integer basePort) {
    return new EnsembleLayout.Wish(size, observers, basePort);
  }

  @Test
  void theFirstStartWritesAndTheSecondFinds() throws Exception {
    Path home = directory.resolve("new");
    EnsembleLayout made = EnsembleLayout.open(home, wish(3, 1, null));

    assertThat(made.members()).extracting(EnsembleLayout.Member::id).containsExactly(1, 2, 3, 4);
    assertThat(made.members())
        .extracting(EnsembleLayout.Member::observer)
        .containsExactly(false, false, false, true);
    assertThat(made.members().stream().flatMap(member -> member.ports().stream()))
        .doesNotHaveDuplicates()
        .hasSize(12);
    assertThat(home.resolve("4/data/myid")).hasContent("4");
    assertThat(EnsembleLayout.open(home, wish(null, null, null)).members())
        .isEqualTo(made.members());
    assertThat(EnsembleLayout.open(home, wish(3, 1, null)).connectString())
        .isEqualTo(made.connectString())
        .startsWith("127.0.0.1:")
        .contains(",127.0.0.1:");
  }

  @Test
  void anEnsembleThatIsThereIsNotMadeOver() throws Exception {
    EnsembleLayout.open(directory, wish(3, null, null));

    assertThatThrownBy(() -> EnsembleLayout.open(directory, wish(5, null, null)))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("3 voters, 0 observers")
        .hasMessageContaining("--dir");
  }

  @Test
  void aPortThatIsTakenIsNamedOrPassedOver() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      if (port < 60_000) {
        assertThatThrownBy(() -> EnsembleLayout.open(directory, wish(3, null, port)))
            .isInstanceOfSatisfying(
                CommandFailure.class,
                failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.PORT))
            .hasMessageContaining("Port " + port + " is in use");
      }
      assertThat(EnsembleLayout.isFree("127.0.0.1", port)).isFalse();
    }
  }

  @Test
  void whatCanNotBeADirectoryIsSaid() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> EnsembleLayout.open(file, wish(null, null, null)))
        .isInstanceOfSatisfying(
            CommandFailure.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.DATA_DIRECTORY))
        .hasMessageContaining(file.toString());
  }

  @Test
  void aBasePortWithoutRoomIsRefused() {
    assertThatThrownBy(() -> EnsembleLayout.open(directory, wish(3, null, 65_500)))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("65333");
  }
}
