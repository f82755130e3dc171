package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.cli.common.ExitCode;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import conclave.recipes.ReadWriteLock;
import conclave.testkit.Relay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The lock, with commands that are processes. */
@Timeout(300)
class CoordinationCommandsTest extends CommandsAgainstAServer {
  private static final int LOST = 75;

  @Test
  void theCommandHasItsTokenAndItsCodeIsPassedOn() throws IOException {
    Path out = dir.resolve("out");
    String tells = "echo $CONCLAVE_TOKEN $CONCLAVE_PATH $CONCLAVE_SESSION $1 > " + out + "; exit 7";
    long[] tokens = new long[2];
    for (int i = 0; i < 2; i++) {
      assertThat(run("lock", "/locks/a", "sh", "-c", tells, "--", "-n")).isEqualTo(7);
      String[] told = Files.readString(out).trim().split(" ");
      tokens[i] = Long.parseLong(told[0]);
      assertThat(told[1]).isEqualTo("/locks/a");
      assertThat(told[2]).startsWith("0x");
      assertThat(told[3]).as("an option of the command's own").isEqualTo("-n");
    }
    assertThat(tokens[1]).isGreaterThan(tokens[0]);
    assertThat(captured.err()).isEmpty();
  }

  @Test
  void whoDoesNotGetItInTimeSaysSo() throws Exception {
    try (Held held = new Lock(client, "/locks/b").acquire().get(60, TimeUnit.SECONDS)) {
      assertThat(held.isHeld()).isTrue();
      assertThat(run("lock", "-n", "/locks/b", "false")).isEqualTo(1);
      assertThat(run("lock", "-w", "0.2", "-E", "9", "/locks/b", "false")).isEqualTo(9);
    }
    assertThat(captured.err().lines())
        .containsExactly(
            "conclave lock: /locks/b is locked by somebody else.",
            "conclave lock: /locks/b is locked by somebody else.");
    assertThat(run("lock", "-n", "/locks/b", "true")).isZero();
  }

  @Test
  void aSharedLockIsShared() throws Exception {
    ReadWriteLock both = new ReadWriteLock(client, "/locks/c");
    try (Held held = both.read().acquire().get(60, TimeUnit.SECONDS)) {
      assertThat(held.isHeld()).isTrue();
      assertThat(run("lock", "-n", "-s", "/locks/c", "true")).isZero();
      assertThat(run("lock", "-n", "-x", "/locks/c", "true")).isEqualTo(1);
    }
  }

  @Test
  void whatCantBeRunIsSaidAsShellsDo() throws IOException {
    Path text = Files.writeString(dir.resolve("text"), "no program");
    assertThat(run("lock", "/locks/d", "no-such-command")).isEqualTo(127);
    assertThat(run("lock", "/locks/d", text.toString())).isEqualTo(126);
    assertThat(run("lock", "locks/d", "true")).isEqualTo(ExitCode.USAGE);
    assertThat(run("lock", "-s", "-x", "/locks/d", "true")).isEqualTo(ExitCode.USAGE);
    assertThat(run("lock", "/locks/d")).isEqualTo(ExitCode.USAGE);
    assertThat(captured.err().lines())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("no-such-command: there is no such command."),
            line -> assertThat(line).isEqualTo(text + " can't be executed."),
            line -> assertThat(line).isEqualTo("\"locks/d\": a path starts with /."),
            line -> assertThat(line).contains("-s and -x"),
            line -> assertThat(line).contains("COMMAND"),
            line -> assertThat(line).contains("--help"));
  }

  /** The command ignores SIGTERM, and so does what it has started. */
  @Test
  void aCommandThatDoesNotEndIsDeadBeforeTheNextHolderComes() throws Exception {
    Path pids = dir.resolve("pids");
    String stubborn =
        "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >> "
            + pids
            + "; while :; do sleep 0.1; done' & "
            + "echo $$ >> "
            + pids
            + "; while :; do sleep 0.1; done";
    try (Relay relay = relay()) {
      CompletableFuture<Integer> running =
          startAt(relay, "lock", "--session-timeout", "3000", "/locks/e", "sh", "-c", stubborn);
      await().atMost(SOON).until(() -> Files.exists(pids) && Files.readAllLines(pids).size() == 2);
      CompletableFuture<Held> next = new Lock(client, "/locks/e").acquire();
      relay.stall();
      next.get(60, TimeUnit.SECONDS);
      List<Long> alive =
          Files.readAllLines(pids).stream()
              .map(Long::parseLong)
              .filter(CoordinationCommandsTest::isRunning)
              .toList();
      assertThat(alive).isEmpty();
      relay.open();
      assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(LOST);
      next.join().close();
    }
    assertThat(captured.err()).contains("SIGTERM", "SIGKILL");
  }

  /** One that has ended, and whose end nobody has asked for yet, still has its number. */
  private static boolean isRunning(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return !stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("Z");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aCommandThatEndsWhenItIsToldToIsNotKilled() throws Exception {
    Path up = dir.resolve("up");
    Path down = dir.resolve("down");
    String obedient =
        "trap 'touch " + down + "; exit 0' TERM; touch " + up + "; while :; do sleep 0.1; done";
    try (Relay relay = relay()) {
      CompletableFuture<Integer> running =
          startAt(
              relay,
              "lock",
              "--session-timeout",
              "3000",
              "--grace",
              "2",
              "/locks/f",
              "sh",
              "-c",
              obedient);
      await().atMost(SOON).until(() -> Files.exists(up));
      relay.refuse();
      await().atMost(SOON).until(() -> Files.exists(down));
      relay.open();
      assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(LOST);
    }
    assertThat(captured.err()).contains("SIGTERM").doesNotContain("SIGKILL");
  }

  @Test
  void whoIsToldToIgnoreALossLetsTheCommandEnd() throws Exception {
    Path up = dir.resolve("up");
    Path go = dir.resolve("go");
    String waits = "touch " + up + "; while ! test -e " + go + "; do sleep 0.1; done; exit 5";
    try (Relay relay = relay()) {
      CompletableFuture<Integer> running =
          startAt(
              relay,
              "lock",
              "--session-timeout",
              "1000",
              "--on-loss",
              "ignore",
              "/locks/g",
              "sh",
              "-c",
              waits);
      await().atMost(SOON).until(() -> Files.exists(up));
      relay.refuse();
      await().atMost(SOON).until(() -> captured.err().contains("the command goes on"));
      Files.createFile(go);
      relay.open();
      assertThat(running.get(60, TimeUnit.SECONDS)).isEqualTo(5);
    }
  }
}
