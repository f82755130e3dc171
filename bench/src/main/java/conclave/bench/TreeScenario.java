package conclave.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** A large tree: what a znode costs in the heap, and how long a restart takes on it. */
final class TreeScenario implements Scenario {
  private static final String TOP = "/tree";

  private final boolean heap;
  private final boolean restart;

  TreeScenario(boolean heap, boolean restart) {
    this.heap = heap;
    this.restart = restart;
  }

  @Override
  public void measure(Bench bench) throws IOException, InterruptedException {
    Path directory = bench.freshDirectory();
    load(bench, directory);
    if (restart) {
      for (int i = 0; i < bench.settings().restarts(); i++) {
        restart(bench, directory);
      }
    }
    Bench.deleteTree(directory);
  }

  private void load(Bench bench, Path directory) throws IOException, InterruptedException {
    int znodes = bench.settings().znodes();
    try (ServerProcess server = bench.start(directory)) {
      bench.awaitFirstRead(server, "/");
      long empty = heap ? server.liveHeapBytes() : 0;
      int parents = Math.max(1, znodes / Requests.Creates.CHILDREN_PER_PARENT);
      List<String> paths = PipelinedScenario.createParents(server, TOP, parents);
      try (PipelinedLoad load = PipelinedLoad.open(server, Requests.creates(paths, Bench.data()))) {
        Window window = load.runExactly(znodes);
        bench.note("loaded %,d znodes at %,.0f/s", znodes, window.perSecond());
      }
      if (heap) {
        double perZnode = (server.liveHeapBytes() - empty) / (double) znodes;
        bench.record(Metric.HEAP_PER_ZNODE, perZnode);
      }
    }
  }

  /** Each restart works on a copy: a server may tidy its files when it starts. */
  private static void restart(Bench bench, Path loaded) throws IOException {
    Path copy = bench.freshDirectory();
    Bench.copyTree(loaded.resolve("data"), copy.resolve("data"));
    String last =
        String.format(Locale.ROOT, "%s/d000/n%08d", TOP, Requests.Creates.CHILDREN_PER_PARENT - 1);
    try (ServerProcess server = bench.start(copy)) {
      bench.record(Metric.RESTART, bench.awaitFirstRead(server, last));
    }
    Bench.deleteTree(copy);
  }
}
