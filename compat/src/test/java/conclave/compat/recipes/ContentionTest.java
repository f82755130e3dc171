package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One lock that 50 clients want, ten in each of five processes. What a release wakes is counted by
 * the server.
 */
final class ContentionTest extends FaultTest {
  private static final int PROCESSES = 5;
  private static final int CLIENTS_EACH = 10;
  private static final String WAKES = "node_deleted_watch_count";

  /** What came of one run. */
  private record Run(String kind, int runMs, long locks, long longestWaitMs, long wakes) {
    double perSecond() {
      return locks * 1000.0 / runMs;
    }
  }

  @Test
  void releaseWakesOneOfFifty() throws Exception {
    Run run = contend("conclave", 1_000);
    assertThat(run.locks).isGreaterThanOrEqualTo((long) PROCESSES * CLIENTS_EACH);
    // One deletion at the end wakes nobody; those of clients' ends are not there to be woken.
    assertThat(run.wakes).isLessThanOrEqualTo(run.locks);
    assertThat(figure("zk_max_" + WAKES)).isEqualTo(1);
    awaitChildren(path, 0);
    awaitWatches(0);
  }

  /** Prints a table; {@code -Dexcluded.tests=} runs it. */
  @Test
  @Tag("slow")
  @Timeout(600)
  void throughputBesideCurators() throws Exception {
    List<Run> runs = new ArrayList<>();
    contend("conclave", 1_000);
    contend("curator", 1_000);
    System.out.println("| server | client | locks /s | woken per release | longest wait |");
    for (int round = 0; round < 3; round++) {
      for (String kind : List.of("conclave", "curator")) {
        Run run = contend(kind, 5_000);
        runs.add(run);
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | %.0f | %.2f | %d ms |%n",
            target,
            kind,
            run.perSecond(),
            (double) run.wakes / run.locks,
            run.longestWaitMs);
      }
    }
    double ours = best(runs, "conclave");
    double theirs = best(runs, "curator");
    assertThat(ours).as("locks a second, Curator's %.0f", theirs).isGreaterThanOrEqualTo(theirs);
  }

  private static double best(List<Run> runs, String kind) {
    return runs.stream()
        .filter(run -> run.kind.equals(kind))
        .mapToDouble(Run::perSecond)
        .max()
        .orElseThrow();
  }

  private Run contend(String kind, int runMs) throws Exception {
    List<ActorProcess> actors = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      actors.add(
          actor(
              ContenderActor.class, kind, Integer.toString(CLIENTS_EACH), Integer.toString(runMs)));
    }
    for (ActorProcess actor : actors) {
      actor.await("ready");
    }
    long wakesBefore = figure("zk_sum_" + WAKES);
    actors.forEach(actor -> actor.tell("go"));
    long locks = 0;
    long longestMs = 0;
    for (ActorProcess actor : actors) {
      String[] did = actor.await("did").split(" ");
      locks += Long.parseLong(did[0]);
      longestMs = Math.max(longestMs, Long.parseLong(did[1]));
    }
    long wakes = figure("zk_sum_" + WAKES) - wakesBefore;
    for (ActorProcess actor : actors) {
      actor.awaitEnd();
    }
    return new Run(kind, runMs, locks, longestMs, wakes);
  }

  private long figure(String name) throws Exception {
    return server
        .word("mntr")
        .lines()
        .filter(line -> line.startsWith(name + "\t"))
        .mapToLong(line -> (long) Double.parseDouble(line.split("\t")[1]))
        .findFirst()
        .orElse(0);
  }
}
