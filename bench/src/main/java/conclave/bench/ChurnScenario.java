package conclave.bench;

import java.io.IOException;

/** Sessions that connect, create an ephemeral znode and close. */
final class ChurnScenario implements Scenario {
  private final Size size;
  private final Metric cpu;
  private final Metric rate;

  ChurnScenario(Size size, Metric cpu, Metric rate) {
    this.size = size;
    this.cpu = cpu;
    this.rate = rate;
  }

  @Override
  public void measure(Bench bench) throws IOException {
    try (UnderLoad server = bench.startFresh(size)) {
      try (BlockingSession session = BlockingSession.open(server.front())) {
        session.create(ChurnLoad.PARENT, new byte[0]);
      }
      try (ChurnLoad load = new ChurnLoad(server, Bench.data())) {
        Settings settings = bench.settings();
        // Accepting, opening and closing are code of their own, which takes longer to compile than
        // one kind of request; the measured sessions are not to pay for that.
        long warmUpNanos = 3 * Bench.nanos(settings.warmUp());
        Window window = load.run(warmUpNanos, Bench.nanos(settings.measured()));
        bench.record(cpu, window.serverMicrosPerOperation());
        bench.record(rate, window.perSecond());
      }
    }
  }
}
