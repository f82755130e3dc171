package conclave.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** 32 connections with 32 requests in flight each. */
final class PipelinedScenario implements Scenario {
  static final int ZNODES_PER_CONNECTION = 320;
  private static final int SETS_PER_MULTI = 10;
  private static final int PARENTS = 100;

  enum Operation {
    GET,
    SET,
    CREATE,
    MULTI
  }

  /** Where the figures of an operation go. */
  record Figures(Metric rate, Metric cpu, Metric median, Metric tail) {}

  private final Size size;
  private final Operation operation;
  private final Figures figures;

  PipelinedScenario(Size size, Operation operation, Figures figures) {
    this.size = size;
    this.operation = operation;
    this.figures = figures;
  }

  @Override
  public void measure(Bench bench) throws IOException {
    try (UnderLoad server = bench.startFresh(size);
        PipelinedLoad load = PipelinedLoad.open(server, prepare(server))) {
      Settings settings = bench.settings();
      long limit = operation == Operation.CREATE ? settings.createLimit() : Long.MAX_VALUE / 2;
      Window window =
          load.run(Bench.nanos(size.warmUp(settings)), Bench.nanos(settings.measured()), limit);
      bench.record(figures.rate(), window.perSecond());
      bench.record(figures.cpu(), window.serverMicrosPerOperation());
      bench.record(figures.median(), window.latencyMicros(50));
      bench.record(figures.tail(), window.latencyMicros(99));
      if (operation == Operation.GET) {
        bench.record(Metric.GENERATOR_CPU, window.generatorMicrosPerOperation());
      }
    }
  }

  private Requests prepare(UnderLoad server) throws IOException {
    return switch (operation) {
      case GET -> Requests.gets(createZnodes(server));
      case SET -> Requests.sets(createZnodes(server), Bench.data());
      case MULTI -> Requests.multiSets(createZnodes(server), SETS_PER_MULTI, Bench.data());
      case CREATE -> Requests.creates(createParents(server, "/create", PARENTS), Bench.data());
    };
  }

  /** Znodes for each connection to read and to write. */
  static List<List<String>> createZnodes(UnderLoad server) throws IOException {
    List<String> parents = createParents(server, "/bench", PipelinedLoad.CONNECTIONS);
    List<List<String>> paths =
        parents.stream()
            .map(
                parent ->
                    IntStream.range(0, ZNODES_PER_CONNECTION)
                        .mapToObj(i -> String.format(Locale.ROOT, "%s/n%06d", parent, i))
                        .toList())
            .toList();
    List<String> all = paths.stream().flatMap(List::stream).toList();
    try (PipelinedLoad load = PipelinedLoad.open(server, Requests.createAll(all, Bench.data()))) {
      load.runExactly(all.size());
    }
    return paths;
  }

  static List<String> createParents(UnderLoad server, String top, int count) throws IOException {
    List<String> parents = new ArrayList<>();
    try (BlockingSession session = BlockingSession.open(server.front())) {
      session.create(top, new byte[0]);
      for (int i = 0; i < count; i++) {
        String path = String.format(Locale.ROOT, "%s/d%03d", top, i);
        session.create(path, new byte[0]);
        parents.add(path);
      }
    }
    return parents;
  }
}
