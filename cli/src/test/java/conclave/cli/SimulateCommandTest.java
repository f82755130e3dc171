package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The simulator's command as a process of its own, with its output in a file. */
@Timeout(180)
class SimulateCommandTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final Pattern SUMMARY =
      Pattern.compile(
          "(\\d+) of \\1 seeds kept every promise \\(from seed (\\d+) on\\): [0-9.,]+ simulated hours, \\d+ a minute, [0-9,]+ events\\.");

  private final List<Process> started = new ArrayList<>();

  @TempDir Path dir;

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void sumsUpWhatWasDone() throws Exception {
    Path output = dir.resolve("output");
    Process process = start(output, "--seed", "7", "--seeds", "2", "--minutes", "1");
    assertThat(exitCode(process)).isZero();
    List<String> lines = Files.readAllLines(output);
    Matcher summary = summary(lines.get(lines.size() - 1));
    assertThat(summary.group(1)).isEqualTo("2");
    assertThat(summary.group(2)).isEqualTo("7");
  }

  @Test
  void saysNowAndThenHowFarItIsAndEndsInGoodOrderOnATerm() throws Exception {
    endsInGoodOrder("TERM", 143, 2);
  }

  @Test
  void endsInGoodOrderOnAnInterrupt() throws Exception {
    endsInGoodOrder("INT", 130, 1);
  }

  private void endsInGoodOrder(String signal, int code, int threads) throws Exception {
    Path output = dir.resolve("output");
    Process process =
        start(
            output,
            "--seed=7",
            "--seeds=1000000",
            "--minutes=1",
            "--plain",
            "--report-every=1",
            "--threads=" + threads);
    Pattern report =
        Pattern.compile(
            "^[1-9]\\d* of 1,000,000 seeds: [0-9.,]+ simulated hours, \\d+ a minute, 0 failed\\.$",
            Pattern.MULTILINE);
    await().atMost(SOON).until(() -> report.matcher(Files.readString(output)).find());
    Process kill = new ProcessBuilder("kill", "-s", signal, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
    assertThat(exitCode(process)).isEqualTo(code);
    List<String> lines = Files.readAllLines(output);
    int done = Integer.parseInt(summary(lines.get(lines.size() - 2)).group(1));
    assertThat(lines.get(lines.size() - 1))
        .isEqualTo(
            String.format(
                "SIG%s ended it, %d seeds early. To go on: bin/conclave simulate --seed %d --minutes 1 --plain --seeds %d%s",
                signal,
                1_000_000 - done,
                7 + done,
                1_000_000 - done,
                threads > 1 ? " --threads " + threads : ""));
  }

  private static Matcher summary(String line) {
    Matcher summary = SUMMARY.matcher(line);
    assertThat(summary.matches()).as(line).isTrue();
    return summary;
  }

  private static int exitCode(Process process) throws InterruptedException {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private Process start(Path output, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    // As at a prompt, even where the tests were started with some signals ignored.
    command.addAll(List.of("env", "--default-signal=INT,TERM"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"));
    command.addAll(
        List.of("-Dconclave.log.level=WARN", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("conclave.cli.Main", "simulate"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    started.add(process);
    return process;
  }
}
