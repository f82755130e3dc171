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

  /**
   * Where the four figures go.
   *
   * @param getMedian of the times of gets, in microseconds, as all
   */
  record Figures(Metric getMedian, Metric getTail, Metric setMedian, Metric setTail) {}

  private final Size size;
  private final Figures figures;

  LatencyScenario(Size size, Figures figures) {
    this.size = size;
    this.figures = figures;
  }

  @Override
  public void measure(Bench bench) throws IOException {
    try (UnderLoad server = bench.startFresh(size)) {
      List<List<String>> paths = PipelinedScenario.createZnodes(server);
      Duration half = size.warmUp(bench.settings()).dividedBy(2);
      warmUp(server, Requests.gets(paths), half);
      warmUp(server, Requests.sets(paths, Bench.data()), half);
      byte[] data = Bench.data();
      Histogram gets = measure(bench, server, paths.get(0), BlockingSession::getData);
      Histogram sets =
          measure(bench, server, paths.get(0), (session, path) -> session.setData(path, data));
      bench.record(figures.getMedian(), gets.getValueAtPercentile(50) / 1e3);
      bench.record(figures.getTail(), gets.getValueAtPercentile(99) / 1e3);
      bench.record(figures.setMedian(), sets.getValueAtPercentile(50) / 1e3);
      bench.record(figures.setTail(), sets.getValueAtPercentile(99) / 1e3);
    }
  }

  private static void warmUp(UnderLoad server, Requests requests, Duration time)
      throws IOException {
    try (PipelinedLoad load = PipelinedLoad.open(server, requests)) {
      load.run(Bench.nanos(time), 0, Long.MAX_VALUE / 2);
    }
  }

  private static Histogram measure(Bench bench, UnderLoad server, List<String> paths, Call call)
      throws IOException {
    Histogram histogram = new Histogram(HIGHEST_NANOS, 3);
    try (BlockingSession session = BlockingSession.open(server.front())) {
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
