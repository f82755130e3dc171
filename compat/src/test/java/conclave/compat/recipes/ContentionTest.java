package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.compat.ServerProcess;
import conclave.compat.Target;
import conclave.compat.recipes.ContenderActor.Contender;
import conclave.compat.recipes.ContenderActor.OfConclave;
import conclave.compat.recipes.ContenderActor.OfCurator;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One lock that 50 clients want. What a release wakes is counted by the server.
 *
 * <p>The comparison with Curator's lock wants a machine that does nothing else:
 *
 * <pre>
 * mvn -pl compat -am test -Dtest=ContentionTest#fiftyProcessesBesideCurators \
 *     -Dexcluded.tests= -Dsurefire.failIfNoSpecifiedTests=false -DredirectTestOutputToFile=false
 * </pre>
 *
 * <p>It starts 50 processes, each with a client of either kind; in turn all clients of one kind
 * contend for one lock, hold it for no time, and release it, for two seconds. Sessions, their
 * timeouts, the server, and how a lock is taken and released are the same for both; the medians of
 * the rounds stand in {@code compat/target/surefire-reports/*ContentionTest-output.txt}, if output
 * is redirected.
 *
 * <p>Before that every client of either kind takes the lock some 300 times. In two seconds each of
 * 50 processes takes it ten times, and a JVM that has done so ten times is busy with loading,
 * interpreting and compiling: most of the processor's time went there, several times what the locks
 * cost, so that the figures said how long the processes had run and little else. How long the
 * warming took is printed too.
 */
final class ContentionTest extends FaultTest {
  private static final int CLIENTS = 50;
  private static final int FEW_PROCESSES = 5;
  private static final int AT_ONCE = 4;
  private static final int ROUNDS = 9;
  private static final int ROUND_MS = 2_000;

  /** A JVM compiles what has been called 200 times; what comes once in a lock is among that. */
  private static final int WARM_AFTER_LOCKS = 300;

  /** As the lock has it. */
  private static final long WAITER_WATCHES_ITSELF_AFTER_MS = 2_000;

  private static final String WAKES = "node_deleted_watch_count";

  /** What came of one round. */
  private record Run(String kind, int runMs, long locks, long longestWaitMs, long wakes) {
    double perSecond() {
      return locks * 1000.0 / runMs;
    }

    double wokenPerRelease() {
      return (double) wakes / locks;
    }
  }

  /** One that has never told two clients of one change. */
  @Override
  protected ServerProcess serverOf(Target kind) {
    return keep(SharedProcesses.fresh(kind));
  }

  @Test
  void releaseWakesOneOfFifty() throws Exception {
    List<ActorProcess> actors = new ArrayList<>();
    for (int i = 0; i < FEW_PROCESSES; i++) {
      actors.add(
          actor(ContenderActor.class, Integer.toString(CLIENTS / FEW_PROCESSES), "conclave"));
    }
    awaitReady(actors.toArray(ActorProcess[]::new));
    Run run = contend(actors, "conclave", 1_000);
    assertThat(run.locks).isGreaterThanOrEqualTo(CLIENTS);
    // Who comes next; and now and then the one itself, which watches its own znode too once it has
    // held the lock for a quarter of a second or waited for two. A herd would be some forty-nine.
    long itself = run.longestWaitMs < WAITER_WATCHES_ITSELF_AFTER_MS ? run.locks / 10 : run.locks;
    assertThat(run.wakes).isLessThanOrEqualTo(run.locks + itself);
    assertThat(figure("zk_max_" + WAKES)).isBetween(1L, 2L);
    awaitChildren(path + "/conclave", 0);
    awaitWatches(0);
  }

  /**
   * Requests of one client for one acquisition and release, without and with somebody before it.
   * Medians: a ping, or the watch of who has held for long, comes in between on a slow machine.
   */
  private record Requests(long alone, long behindAnother) {}

  @Test
  void asksNoMoreOfTheServerThanCuratorsLock() throws Exception {
    Requests ours = requests("conclave");
    Requests theirs = requests("curator");
    System.out.printf("requests for each acquisition: %s %s, curator %s%n", target, ours, theirs);
    assertThat(ours.alone).isLessThanOrEqualTo(theirs.alone);
    assertThat(ours.behindAnother).isLessThanOrEqualTo(theirs.behindAnother);
  }

  private Requests requests(String kind) throws Exception {
    FrameRelay relay = relay();
    String at = path + "/" + kind;
    try (Contender counted = contender(kind, relay.connectString(), at)) {
      counted.takeAndRelease();
      long alone = median(relay, counted::takeAndRelease);
      Lock blocking = new Lock(client(), at);
      long behindAnother =
          median(
              relay,
              () -> {
                Held held = soon(blocking.acquire());
                CompletableFuture<Void> waiting =
                    CompletableFuture.runAsync(counted::takeAndRelease);
                // Until it watches the one before it.
                awaitChildren(at, 2);
                awaitAnyWatch();
                held.close();
                soon(waiting);
              });
      return new Requests(alone, behindAnother);
    }
  }

  private static long median(FrameRelay relay, Step step) throws Exception {
    long[] counts = new long[21];
    for (int i = 0; i < counts.length; i++) {
      long before = relay.requests();
      step.run();
      counts[i] = relay.requests() - before;
    }
    Arrays.sort(counts);
    return counts[counts.length / 2];
  }

  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  private static Contender contender(String kind, String servers, String at) {
    return kind.equals("conclave") ? new OfConclave(servers, at) : new OfCurator(servers, at);
  }

  @Test
  @Tag("slow")
  @Timeout(900)
  void fiftyProcessesBesideCurators() throws Exception {
    List<ActorProcess> actors = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      ActorProcess actor = keep(ActorProcess.startSmallest());
      actor.run(
          ContenderActor.class,
          SESSION_MS,
          server.connectString(),
          path,
          "none",
          "1",
          "conclave",
          "curator");
      actors.add(actor);
      // All at once they would take longer than anybody waits for them.
      if (i >= AT_ONCE) {
        actors.get(i - AT_ONCE).await("ready");
      }
    }
    for (ActorProcess actor : actors.subList(CLIENTS - AT_ONCE, CLIENTS)) {
      actor.await("ready");
    }
    List<Run> runs = new ArrayList<>();
    for (String kind : List.of("conclave", "curator")) {
      warmUp(actors, kind);
    }
    for (int round = 0; round < ROUNDS; round++) {
      // None is always the one that comes right after the other.
      for (String kind :
          round % 2 == 0 ? List.of("conclave", "curator") : List.of("curator", "conclave")) {
        runs.add(contend(actors, kind, ROUND_MS));
      }
    }
    System.out.printf("%d rounds of %d ms each, medians:%n", ROUNDS, ROUND_MS);
    System.out.println(
        "| server | client | locks /s | least | most | woken per release | longest |");
    for (String kind : List.of("conclave", "curator")) {
      print(kind, runs.stream().filter(run -> run.kind.equals(kind)).toList());
    }
    for (Run run : runs) {
      if (run.kind.equals("conclave")) {
        // The last ones to come are not there any more to be woken.
        assertThat(run.wakes).isBetween(run.locks - 2L * CLIENTS, run.locks);
      }
    }
  }

  private void warmUp(List<ActorProcess> actors, String kind) throws Exception {
    long began = System.nanoTime();
    long locks = 0;
    while (locks < (long) CLIENTS * WARM_AFTER_LOCKS) {
      locks += contend(actors, kind, ROUND_MS).locks;
    }
    System.out.printf(
        "%s, %s: the first %d locks took %d s%n",
        target, kind, locks, (System.nanoTime() - began) / 1_000_000_000);
  }

  private void print(String kind, List<Run> runs) {
    double[] speeds = runs.stream().mapToDouble(Run::perSecond).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.0f | %.0f | %.0f | %.3f | %d ms |%n",
        target,
        kind,
        speeds[speeds.length / 2],
        speeds[0],
        speeds[speeds.length - 1],
        runs.stream().mapToDouble(Run::wokenPerRelease).max().orElseThrow(),
        runs.stream().mapToLong(Run::longestWaitMs).max().orElseThrow());
  }

  private Run contend(List<ActorProcess> actors, String kind, int runMs) throws Exception {
    long wakesBefore = figure("zk_sum_" + WAKES);
    actors.forEach(actor -> actor.tell(kind + " " + runMs));
    long locks = 0;
    long longestMs = 0;
    for (ActorProcess actor : actors) {
      String[] did = actor.await("did").split(" ");
      locks += Long.parseLong(did[0]);
      longestMs = Math.max(longestMs, Long.parseLong(did[1]));
    }
    return new Run(kind, runMs, locks, longestMs, figure("zk_sum_" + WAKES) - wakesBefore);
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
