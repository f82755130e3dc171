package conclave.bench;

import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * Many sessions watch one znode and one session writes it; each write waits until all have heard of
 * the one before. First with persistent watches, so that nothing but the notifications costs; then
 * with one-shot watches that each watcher sets again by a read, as most programs do.
 */
final class WatchScenario implements Scenario {
  private static final String PATH = "/watched";
  private static final String UNWATCHED = "/unwatched";

  /**
   * Enough for the way of a write to be compiled. The watched znode is written only some seventy
   * times a second, so by itself that happens in the middle of what is measured, on either server.
   */
  private static final int WARM_UP_WRITES = 20_000;

  @Override
  public void measure(Bench bench) throws IOException {
    int rounds = bench.settings().notificationRounds();
    // As long as the churn of sessions. With five seconds of it an eighth of what was measured, and
    // a third where the watches are set again, was the compilers' part.
    long warmUpNanos = 3 * Bench.nanos(bench.settings().warmUp());
    try (ServerProcess server = bench.startFresh();
        BlockingSession writer = BlockingSession.open(server.address())) {
      writer.create(PATH, Bench.data());
      writer.create(UNWATCHED, Bench.data());
      for (int i = 0; i < WARM_UP_WRITES; i++) {
        writer.setData(UNWATCHED, Bench.data());
      }
      try (Swarm watchers = open(bench, server)) {
        watchers.callAll(Frames.addPersistentWatch(1, PATH));
        warmUp(writer, watchers, warmUpNanos, false);
        Stopwatch stopwatch = Stopwatch.start(server);
        notifyAll(writer, watchers, rounds, false);
        Window window = stopwatch.stop((long) rounds * watchers.size(), new Histogram(3));
        bench.record(Metric.WATCH_CPU, window.serverMicrosPerOperation());
        bench.record(Metric.WATCH_OPS, window.perSecond());
      }
      try (Swarm watchers = open(bench, server)) {
        byte[] read = Frames.getData(1, PATH, true);
        watchers.callAll(read);
        watchers.answerEventsWith(read);
        warmUp(writer, watchers, warmUpNanos, true);
        Stopwatch stopwatch = Stopwatch.start(server);
        notifyAll(writer, watchers, rounds, true);
        Window window = stopwatch.stop((long) rounds * watchers.size(), new Histogram(3));
        bench.record(Metric.WATCH_REARM_CPU, window.serverMicrosPerOperation());
      }
    }
  }

  private static Swarm open(Bench bench, ServerProcess server) throws IOException {
    return Swarm.open(server, bench.settings().watchers(), BlockingSession.TIMEOUT_MS);
  }

  private static void warmUp(
      BlockingSession writer, Swarm watchers, long nanos, boolean awaitReplies) throws IOException {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      notifyAll(writer, watchers, 1, awaitReplies);
    }
  }

  private static void notifyAll(
      BlockingSession writer, Swarm watchers, int rounds, boolean awaitReplies) throws IOException {
    byte[] data = Bench.data();
    for (int i = 0; i < rounds; i++) {
      long events = watchers.events() + watchers.size();
      long replies = watchers.replies() + watchers.size();
      watchers.pingWhenDue();
      writer.setData(PATH, data);
      watchers.awaitEvents(events);
      if (awaitReplies) {
        watchers.awaitReplies(replies);
      }
    }
  }
}
