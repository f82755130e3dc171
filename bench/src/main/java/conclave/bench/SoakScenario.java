package conclave.bench;

import java.io.IOException;

/** Many sessions held for minutes: none may be lost. */
final class SoakScenario implements Scenario {
  private static final int TIMEOUT_MS = 10_000;

  @Override
  public void measure(Bench bench) throws IOException {
    Settings settings = bench.settings();
    try (ServerProcess server = bench.startFresh();
        Swarm swarm = Swarm.open(server, settings.idleSessions(), TIMEOUT_MS)) {
      swarm.keepAlive(settings.soak().toNanos());
      bench.record(Metric.SOAK_LOST, swarm.lost());
    }
  }
}
