package conclave.bench;

import java.io.IOException;

/** Sessions that connect, create an ephemeral znode and close. */
final class ChurnScenario implements Scenario {
  @Override
  public void measure(Bench bench) throws IOException {
    try (ServerProcess server = bench.startFresh()) {
      try (BlockingSession session = BlockingSession.open(server.address())) {
        session.create(ChurnLoad.PARENT, new byte[0]);
      }
      try (ChurnLoad load = new ChurnLoad(server, Bench.data())) {
        Settings settings = bench.settings();
        // Accepting, opening and closing are code of their own, which takes longer to compile than
        // one kind of request; the measured sessions are not to pay for that.
        long warmUpNanos = 3 * Bench.nanos(settings.warmUp());
        Window window = load.run(warmUpNanos, Bench.nanos(settings.measured()));
        bench.record(Metric.CHURN_CPU, window.serverMicrosPerOperation());
        bench.record(Metric.CHURN_OPS, window.perSecond());
      }
    }
  }
}
