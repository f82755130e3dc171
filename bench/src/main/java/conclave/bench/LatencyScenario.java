package conclave.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/** One session, one request at a time, on a server that the pipelined load has warmed. */
final class LatencyScenario implements Scenario {
  private static final long HIGHEST_NANOS = 60_000_000_000L;

  private interface Call {
    void once(BlockingSession session, String path) throws IOException;
  }

  @Override
  public void measure(Bench bench) throws IOException {
    try (ServerProcess server = bench.startFresh()) {
      List<List<String>> paths = PipelinedScenario.createZnodes(server);
      Duration half = bench.settings().warmUp().dividedBy(2);
      warmUp(server, Requests.gets(paths), half);
      warmUp(server, Requests.sets(paths, Bench.data()), half);
      byte[] data = Bench.data();
      Histogram gets = measure(bench, server, paths.get(0), BlockingSession::getData);
      Histogram sets =
          measure(bench, server, paths.get(0), (session, path) -> session.setData(path, data));
      bench.record(Metric.LATENCY_GET_P50, gets.getValueAtPercentile(50) / 1e3);
      bench.record(Metric.LATENCY_GET_P99, gets.getValueAtPercentile(99) / 1e3);
      bench.record(Metric.LATENCY_SET_P50, sets.getValueAtPercentile(50) / 1e3);
      bench.record(Metric.LATENCY_SET_P99, sets.getValueAtPercentile(99) / 1e3);
    }
  }

  private static void warmUp(ServerProcess server, Requests requests, Duration time)
      throws IOException {
    try (PipelinedLoad load = PipelinedLoad.open(server, requests)) {
      load.run(Bench.nanos(time), 0, Long.MAX_VALUE / 2);
    }
  }

  private static Histogram measure(Bench bench, ServerProcess server, List<String> paths, Call call)
      throws IOException {
    Histogram histogram = new Histogram(HIGHEST_NANOS, 3);
    try (BlockingSession session = BlockingSession.open(server.address())) {
      repeat(session, paths, call, bench.settings().warmUp().dividedBy(2), histogram);
      histogram.reset();
      repeat(session, paths, call, bench.settings().measured().dividedBy(2), histogram);
    }
    return histogram;
  }

  private static void repeat(
      BlockingSession session, List<String> paths, Call call, Duration time, Histogram histogram)
      throws IOException {
    long end = System.nanoTime() + time.toNanos();
    long before = System.nanoTime();
    for (int i = 0; before - end < 0; i++) {
      call.once(session, paths.get(i % paths.size()));
      long after = System.nanoTime();
      histogram.recordValue(after - before);
      before = after;
    }
  }
}
