package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.Captured;
import conclave.cli.common.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code conclave failover} says; what it does is shown by RedisFailoverTest. */
class FailoverCommandTest {
  private static final String EXAMPLE = "../docs/failover/redis/failover.yaml";

  @RegisterExtension final Captured captured = new Captured();

  @TempDir Path directory;

  private String said() {
    return captured.out();
  }

  private String complained() {
    return captured.err();
  }

  @Test
  void theHelpIsAManualPage() {
    assertThat(Main.execute("failover", "--help")).isZero();
    assertThat(said())
        .contains("Usage: conclave failover", "Options:", "Signals:", "Exit status:", "Files:")
        .contains("conclave failover --to NODE FILE", "docs/failover.md");
    assertThat(said().lines()).allMatch(line -> line.length() <= 80);
    assertThat(Main.execute("failover", "status", "--help")).isZero();
  }

  @Test
  void aConfigurationIsChecked() {
    assertThat(Main.execute("failover", "--check", "--node", "redis2", EXAMPLE)).isZero();
    assertThat(said()).isEqualTo(EXAMPLE + " can be used; this is redis2." + nl());
  }

  @Test
  void whatIsWrongIsOneSentenceWithFileLineAndKey() throws Exception {
    Path file = directory.resolve("failover.yaml");
    Files.writeString(
        file, Files.readString(Path.of(EXAMPLE)).replace("interval: 1s", "interval: soon"));
    assertThat(Main.execute("failover", "--node", "redis1", file.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(complained())
        .isEqualTo(
            file
                + ", line 21: health.interval is \"soon\"; it takes a time from 10ms to 1h, such as"
                + " 500ms, 10s or 2m."
                + nl());
  }

  @Test
  void whatIsMissingIsAskedFor() {
    assertThat(Main.execute("failover")).isEqualTo(ExitCode.USAGE);
    assertThat(complained()).startsWith("Which configuration? Give a file.");
    assertThat(Main.execute("failover", "none.yaml")).isEqualTo(ExitCode.USAGE);
    assertThat(complained()).contains("There is no file none.yaml.");
    assertThat(Main.execute("failover", "--node", "redis3", EXAMPLE)).isEqualTo(ExitCode.USAGE);
    assertThat(complained()).contains("nodes has no \"redis3\"; there are redis1, redis2.");
  }

  @Test
  void controllersThatAreNotThereAreTold() throws Exception {
    Path file = directory.resolve("failover.yaml");
    String text = Files.readString(Path.of(EXAMPLE));
    // Port 1 of the loopback interface: nobody listens there.
    Files.writeString(file, text.replaceAll("controller: \\S+", "controller: 127.0.0.1:1"));
    assertThat(Main.execute("failover", "status", file.toString())).isEqualTo(ExitCode.REFUSED);
    assertThat(said())
        .startsWith("NODE ")
        .contains("redis1: No controller listens at 127.0.0.1:1.");
    assertThat(Main.execute("failover", "--to", "redis2", file.toString()))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(complained()).isEqualTo("No controller listens at 127.0.0.1:1." + nl());
    assertThat(Main.execute("failover", "--to", "redis9", file.toString()))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(complained())
        .endsWith("There is no node redis9 in " + file + "; there are redis1, redis2." + nl());
    captured.reset();
    assertThat(Main.execute("failover", "status", "--json", file.toString()))
        .isEqualTo(ExitCode.REFUSED);
    assertThat(said()).startsWith("[{").contains("\"problem\":\"No controller listens");
  }

  private static String nl() {
    return System.lineSeparator();
  }
}
