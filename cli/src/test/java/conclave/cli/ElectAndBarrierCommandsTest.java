package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.recipes.LeaderLatch;
import conclave.testkit.Relay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Elections and barriers, with commands that are processes. */
@Timeout(300)
class ElectAndBarrierCommandsTest extends CommandsAgainstAServer {

  @Test
  void theLeadersCommandHasItsTerm() throws IOException {
    Path out = dir.resolve("out");
    String tells = "echo $CONCLAVE_TOKEN $CONCLAVE_PATH $CONCLAVE_SESSION > " + out + "; exit 7";
    assertThat(run("elect", "--id", "me", "/elections/a", "sh", "-c", tells)).isEqualTo(7);
    assertThat(Files.readString(out)).matches("\\d+ /elections/a 0x[0-9a-f]+\n");
  }

  @Test
  void whoIsNotElectedInTimeSaysSo() throws Exception {
    try (LeaderLatch latch = new LeaderLatch(client, "/elections/b", "other")) {
      latch.start();
      latch.elected().get(60, TimeUnit.SECONDS);
      assertThat(run("elect", "-w", "0.2", "/elections/b", "false")).isEqualTo(1);
      assertThat(run("barrier", "-n", "2", "-w", "0.2", "-E", "8", "/barriers/b", "false"))
          .isEqualTo(8);
    }
    assertThat(captured.err().lines())
        .containsExactly(
            "conclave elect: somebody else leads at /elections/b.",
            "conclave barrier: not all of 2 members came to /barriers/b.");
  }

  @Test
  void whoStandsAgainIsElectedAgain() throws Exception {
    Path terms = dir.resolve("terms");
    // The first term lasts until it is lost, the second ends at once.
    String rules =
        "echo $CONCLAVE_TOKEN >> " + terms + "; test $(wc -l < " + terms + ") = 2 || sleep 60";
    try (Relay relay = relay()) {
      CompletableFuture<Integer> running =
          startAt(
              relay,
              "elect",
              "--again",
              "--session-timeout",
              "1000",
              "/elections/h",
              "sh",
              "-c",
              rules);
      await().atMost(SOON).until(() -> Files.exists(terms) && Files.size(terms) > 0);
      relay.refuse();
      await().atMost(SOON).until(() -> captured.err().contains("SIGTERM"));
      relay.open();
      assertThat(running.get(60, TimeUnit.SECONDS)).isZero();
      List<String> all = Files.readAllLines(terms);
      assertThat(Long.parseLong(all.get(1))).isGreaterThan(Long.parseLong(all.get(0)));
    }
  }

  @Test
  void membersBeginTogetherAndLeaveTogether() throws Exception {
    Path log = dir.resolve("log");
    CompletableFuture<Integer> one =
        CompletableFuture.supplyAsync(
            () ->
                run(
                    "barrier",
                    "-n",
                    "2",
                    "/barriers/i",
                    "sh",
                    "-c",
                    "echo begin >> " + log + "; exit 3"));
    await().atMost(SOON).until(() -> client.exists("/barriers/i").join().isPresent());
    assertThat(log).doesNotExist();
    int two =
        run(
            "barrier",
            "-n",
            "2",
            "/barriers/i",
            "sh",
            "-c",
            "while ! test -s " + log + "; do sleep 0.05; done; echo end >> " + log);
    assertThat(two).isZero();
    assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(3);
    assertThat(log).hasContent("begin\nend");
    CompletableFuture<Integer> bare =
        CompletableFuture.supplyAsync(() -> run("barrier", "-n", "2", "/barriers/j"));
    assertThat(run("barrier", "-n", "2", "/barriers/j")).isZero();
    assertThat(bare.get(60, TimeUnit.SECONDS)).isZero();
  }
}
