package conclave.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code conclave bench compare}: Conclave and Apache ZooKeeper side by side. */
@Command(
    name = "compare",
    description = {
      "Starts Conclave and Apache ZooKeeper 3.9.5 in turn, interleaved, on the same machine with the"
          + " same configuration, load and durability (fsync on), and prints medians and ratios.",
      "Leave the machine alone meanwhile."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
  enum Choice {
    GET,
    SET,
    CREATE,
    MULTI,
    LATENCY,
    HEAP,
    RESTART,
    START,
    WATCH,
    CHURN,
    IDLE,
    SOAK,
    FAILOVER,
    QUORUM;

    String title() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  enum Servers {
    BOTH,
    APACHE,
    CONCLAVE
  }

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "SCENARIO",
      description = "some of: ${COMPLETION-CANDIDATES}; default: all that fit, but not the soak")
  private List<Choice> only = List.of();

  @Option(
      names = "--ensemble",
      description = {
        "compare ensembles of three servers each. Scenarios: GET, SET, CREATE, LATENCY (through a"
            + " follower), CHURN, FAILOVER (the leader is killed under load), QUORUM (all but one"
            + " are paused)"
      })
  private boolean ensemble;

  @Option(names = "--soak", description = "also hold 10,000 idle sessions for five minutes")
  private boolean soak;

  @Option(names = "--rounds", description = "rounds of each scenario (default: ${DEFAULT-VALUE})")
  private int rounds = 3;

  @Option(names = "--quick", description = "short and small: shows the way, proves nothing")
  private boolean quick;

  @Option(names = "--server", description = "${COMPLETION-CANDIDATES} (default: both)")
  private Servers servers = Servers.BOTH;

  @Mixin private PeerOptions peers = new PeerOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    peers.requireRealDisk();
    Map<String, Scenario> scenarios = scenarios();
    Path home = peers.freshHome();
    String name = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    Results results = new Results(peers.json(), name);
    Machine machine = Machine.describe(peers.javaHome());
    results.describe(machine, peers.commandLine());
    System.out.println(machine);
    if (ensemble) {
      System.out.println("Ensembles of three servers each; CPU is the sum of all three.");
    }
    boolean complete = runAll(scenarios, home, results, System.err);
    new Report(results).print(System.out);
    if (quick) {
      System.out.println("A quick run: fewer sessions and znodes than named, and cold JVMs.");
    }
    if (!peers.keep()) {
      Bench.deleteTree(home);
    }
    return complete ? 0 : 1;
  }

  /** Interleaved, so that whatever disturbs the machine for a while disturbs both. */
  private boolean runAll(
      Map<String, Scenario> scenarios, Path home, Results results, PrintStream progress)
      throws IOException, InterruptedException {
    Launcher launcher = new Launcher(peers.launchOptions(implementations()));
    Settings settings = quick ? Settings.quick() : Settings.full();
    boolean complete = true;
    for (Map.Entry<String, Scenario> entry : scenarios.entrySet()) {
      progress.println(entry.getKey());
      for (int round = 1; round <= rounds; round++) {
        for (Implementation implementation : implementations()) {
          Path directory = Files.createTempDirectory(home, "run-");
          Bench bench =
              new Bench(implementation, round, launcher, directory, settings, results, progress);
          complete &= runOne(entry.getValue(), bench);
          if (!peers.keep()) {
            Bench.deleteTree(directory);
          }
        }
      }
    }
    return complete;
  }

  /** A server that fails in one scenario is reported there and measured in the others. */
  private static boolean runOne(Scenario scenario, Bench bench) throws InterruptedException {
    try {
      scenario.measure(bench);
      return true;
    } catch (IOException | IllegalStateException e) {
      bench.note("FAILED: %s", e);
      return false;
    }
  }

  private Map<String, Scenario> scenarios() {
    return ensemble ? EnsembleScenarios.of(chosen()) : scenariosOfOne(chosen());
  }

  private Set<Choice> chosen() {
    Set<Choice> possible =
        ensemble
            ? EnsembleScenarios.ALL
            : EnumSet.complementOf(EnumSet.copyOf(EnsembleScenarios.ONLY_HERE));
    Set<Choice> chosen = EnumSet.copyOf(possible);
    chosen.remove(Choice.SOAK);
    if (!only.isEmpty()) {
      chosen = EnumSet.copyOf(only);
    }
    if (soak) {
      chosen.add(Choice.SOAK);
    }
    for (Choice choice : chosen) {
      if (!possible.contains(choice)) {
        throw peers.wrong(
            choice + (ensemble ? " is not measured on ensembles" : " needs --ensemble"));
      }
    }
    return chosen;
  }

  private static Map<String, Scenario> scenariosOfOne(Set<Choice> chosen) {
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    boolean heapChosen = chosen.contains(Choice.HEAP);
    boolean restartChosen = chosen.contains(Choice.RESTART);
    for (Choice choice : chosen) {
      switch (choice) {
        case GET, SET, CREATE, MULTI -> scenarios.put(choice.title(), pipelined(choice));
        case LATENCY ->
            scenarios.put(
                choice.title(),
                new LatencyScenario(
                    Size.ONE,
                    new LatencyScenario.Figures(
                        Metric.LATENCY_GET_P50,
                        Metric.LATENCY_GET_P99,
                        Metric.LATENCY_SET_P50,
                        Metric.LATENCY_SET_P99)));
        case HEAP, RESTART ->
            scenarios.put("heap and restart", new TreeScenario(heapChosen, restartChosen));
        case START -> scenarios.put("start", new StartScenario());
        case WATCH -> scenarios.put("watch", new WatchScenario());
        case CHURN ->
            scenarios.put("churn", new ChurnScenario(Size.ONE, Metric.CHURN_CPU, Metric.CHURN_OPS));
        case IDLE -> scenarios.put("idle", new IdleScenario());
        case SOAK -> scenarios.put("soak", new SoakScenario());
        case FAILOVER, QUORUM -> throw new IllegalArgumentException("of ensembles: " + choice);
      }
    }
    return scenarios;
  }

  private static Scenario pipelined(Choice choice) {
    String name = choice.name();
    return new PipelinedScenario(
        Size.ONE,
        PipelinedScenario.Operation.valueOf(name),
        new PipelinedScenario.Figures(
            Metric.valueOf(name + "_OPS"),
            Metric.valueOf(name + "_CPU"),
            Metric.valueOf(name + "_P50"),
            Metric.valueOf(name + "_P99")));
  }

  private List<Implementation> implementations() {
    return switch (servers) {
      case BOTH -> List.of(Implementation.APACHE, Implementation.CONCLAVE);
      case APACHE -> List.of(Implementation.APACHE);
      case CONCLAVE -> List.of(Implementation.CONCLAVE);
    };
  }
}
