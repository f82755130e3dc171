package conclave.bench;

import java.io.IOException;

/** Sessions that do nothing but ping: the memory they take. */
final class IdleScenario implements Scenario {
  private static final int TIMEOUT_MS = 20_000;
  private static final double MEGABYTE = 1e6;

  @Override
  public void measure(Bench bench) throws IOException, InterruptedException {
    Settings settings = bench.settings();
    try (ServerProcess server = bench.startFresh()) {
      long residentBefore = server.residentBytes();
      try (Swarm swarm = Swarm.open(server, settings.idleSessions(), TIMEOUT_MS)) {
        swarm.keepAlive(settings.idle().toNanos());
        bench.record(Metric.IDLE_RSS, (server.residentBytes() - residentBefore) / MEGABYTE);
        long heapWithSessions = server.liveHeapBytes();
        swarm.closeSessions();
        long heapWithout = server.liveHeapBytes();
        bench.record(Metric.IDLE_HEAP, (heapWithSessions - heapWithout) / MEGABYTE);
      }
    }
  }
}
