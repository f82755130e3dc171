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

  @Override
  public void measure(Bench bench) throws IOException {
    int rounds = bench.settings().notificationRounds();
    try (ServerProcess server = bench.startFresh();
        BlockingSession writer = BlockingSession.open(server.address())) {
      writer.create(PATH, Bench.data());
      try (Swarm watchers = open(bench, server)) {
        watchers.callAll(Frames.addPersistentWatch(1, PATH));
        notifyAll(writer, watchers, rounds / 2, false);
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
        notifyAll(writer, watchers, rounds / 2, true);
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
