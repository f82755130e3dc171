package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import conclave.cli.shell.Tmux;
import conclave.client.ConclaveClient;
import conclave.testkit.ConclaveExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The same commands as processes of their own, for signals; one of them in a real terminal. */
@Timeout(300)
class CoordinationProcessTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @RegisterExtension static final ConclaveExtension SERVER = new ConclaveExtension();

  private final List<Process> started = new ArrayList<>();

  @TempDir Path dir;

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void signalsArePassedOn() throws Exception {
    Path log = dir.resolve("log");
    Process lock =
        start(
            log,
            "lock",
            "/locks/a",
            "sh",
            "-c",
            "trap 'echo INT' INT; trap 'echo TERM; exit 5' TERM; trap 'echo HUP' HUP; echo up; while :; do sleep 0.1; done");
    awaitLine(log, "up");
    Path other = dir.resolve("other");
    Process waiting = start(other, "lock", "/locks/a", "echo", "never");
    for (String signal : List.of("INT", "HUP")) {
      signal(lock, signal);
      awaitLine(log, signal);
    }
    try (ConclaveClient client = ConclaveClient.connect(SERVER.connectString()).join()) {
      await().atMost(SOON).until(() -> client.blocking().getChildren("/locks/a").size() == 2);
      signal(waiting, "TERM");
      assertThat(waiting.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(waiting.exitValue()).isEqualTo(143);
      assertThat(other).content().isEqualTo("conclave lock: ended while waiting.\n");
      assertThat(client.blocking().getChildren("/locks/a")).hasSize(1);
    }
    signal(lock, "TERM");
    assertThat(lock.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(lock.exitValue()).isEqualTo(5);
    assertThat(Files.readAllLines(log)).containsExactly("up", "INT", "HUP", "TERM");
  }

  /** The terminal sends SIGINT to the command itself, which must not get it twice. */
  @Test
  void controlCReachesTheCommandOnce() throws Exception {
    assumeTrue(Tmux.isInstalled(), "tmux is not installed (Debian: apt-get install tmux)");
    Path script =
        Files.writeString(
            dir.resolve("counts.sh"),
            "n=0; trap 'n=$((n+1)); echo interrupt $n' INT; echo ready; i=0\n"
                + "while [ $i -lt 300 ] && ! test -e "
                + dir.resolve("over")
                + "; do sleep 0.1; i=$((i+1)); done\n"
                + "exit 3\n");
    try (Tmux tmux =
        Tmux.open(
            dir, 100, 20, String.join(" ", command("lock", "/locks/b", "sh", script.toString())))) {
      tmux.await("ready");
      tmux.keys("C-c");
      tmux.await("interrupt 1");
      // A second one would have come by the time that the lock's own process has handled it.
      tmux.keys("C-c");
      tmux.await("interrupt 2");
      Files.createFile(dir.resolve("over"));
      tmux.await("ended with 3");
      assertThat(tmux.screen()).doesNotContain("interrupt 3");
    }
  }

  @Test
  void providersAreFollowed() throws Exception {
    Path list = dir.resolve("list");
    Process consumer =
        start(list, "nameservice", "-m", "consumer", "-n", "orders", "-s", SERVER.connectString());
    awaitLine(list, "No providers of orders.");
    Path log = dir.resolve("log");
    Process provider = start(log, "nameservice", "-m", "provider", "-n", "orders", "-a", "host:1");
    awaitLine(log, "Registered /NameService/orders/provider/provider-0000000000 as host:1.");
    awaitLine(list, "1 provider of orders:");
    awaitLine(list, "  provider-0000000000  host:1");
    try (ConclaveClient client = ConclaveClient.connect(SERVER.connectString()).join()) {
      assertThat(client.blocking().getChildren("/NameService/orders/consumer"))
          .containsExactly("consumer-0000000000");
      signal(provider, "TERM");
      assertThat(provider.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(provider.exitValue()).isZero();
      assertThat(client.blocking().getChildren("/NameService/orders/provider")).isEmpty();
    }
    await()
        .atMost(SOON)
        .until(() -> Files.readString(list).endsWith("host:1\nNo providers of orders.\n"));
    signal(consumer, "INT");
    assertThat(consumer.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(consumer.exitValue()).isZero();
  }

  private Process start(Path output, String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command(arguments))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().put("CONCLAVE_SERVER", SERVER.connectString());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    // The variable is for the terminal, whose environment is another one. Signals are as at a
    // prompt
    // even where the tests were started with some of them ignored, as behind nohup or an ampersand:
    // neither a shell nor the JVM can listen to those.
    command.addAll(
        List.of(
            "env", "--default-signal=HUP,INT,TERM", "CONCLAVE_SERVER=" + SERVER.connectString()));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx96m"));
    command.addAll(
        List.of("-Dconclave.log.level=WARN", "-cp", System.getProperty("java.class.path")));
    command.add("conclave.cli.Main");
    command.addAll(List.of(arguments));
    return command;
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static void awaitLine(Path file, String line) {
    await().atMost(SOON).until(() -> Files.exists(file) && Files.readAllLines(file).contains(line));
  }
}
