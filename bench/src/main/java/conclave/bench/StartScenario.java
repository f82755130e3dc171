package conclave.bench;

import java.io.IOException;

/** An empty data directory, from execution to the first read of a new session. */
final class StartScenario implements Scenario {
  private static final int STARTS_PER_ROUND = 3;

  @Override
  public void measure(Bench bench) throws IOException {
    for (int i = 0; i < STARTS_PER_ROUND; i++) {
      try (ServerProcess server = bench.start(bench.freshDirectory())) {
        bench.record(Metric.START, bench.awaitFirstRead(server, "/"));
      }
    }
  }
}
