package conclave.bench;

import conclave.bench.CompareCommand.Choice;
import conclave.bench.PipelinedScenario.Operation;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What is measured on ensembles of three. */
final class EnsembleScenarios {
  static final Set<Choice> ALL =
      EnumSet.of(
          Choice.GET,
          Choice.SET,
          Choice.CREATE,
          Choice.LATENCY,
          Choice.CHURN,
          Choice.FAILOVER,
          Choice.QUORUM);

  /** Those that a single server has no use for. */
  static final Set<Choice> ONLY_HERE = EnumSet.of(Choice.FAILOVER, Choice.QUORUM);

  private EnsembleScenarios() {}

  static Map<String, Scenario> of(Set<Choice> chosen) {
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    for (Choice choice : chosen) {
      scenarios.put(choice.title(), scenario(choice));
    }
    return scenarios;
  }

  private static Scenario scenario(Choice choice) {
    return switch (choice) {
      case GET, SET, CREATE -> pipelined(choice.name());
      case LATENCY ->
          new LatencyScenario(
              Size.THREE,
              new LatencyScenario.Figures(
                  Metric.FOLLOWER_GET_P50,
                  Metric.FOLLOWER_GET_P99,
                  Metric.FOLLOWER_SET_P50,
                  Metric.FOLLOWER_SET_P99));
      case CHURN ->
          new ChurnScenario(Size.THREE, Metric.ENSEMBLE_CHURN_CPU, Metric.ENSEMBLE_CHURN_OPS);
      case FAILOVER -> new FailoverScenario();
      case QUORUM -> new QuorumLossScenario();
      case MULTI, HEAP, RESTART, START, WATCH, IDLE, SOAK ->
          throw new IllegalArgumentException("not of ensembles: " + choice);
    };
  }

  private static Scenario pipelined(String operation) {
    String prefix = "ENSEMBLE_" + operation;
    return new PipelinedScenario(
        Size.THREE,
        Operation.valueOf(operation),
        new PipelinedScenario.Figures(
            Metric.valueOf(prefix + "_OPS"),
            Metric.valueOf(prefix + "_CPU"),
            Metric.valueOf(prefix + "_P50"),
            Metric.valueOf(prefix + "_P99")));
  }
}
