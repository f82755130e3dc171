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
    GET(Metric.GET_OPS, Metric.GET_CPU, Metric.GET_P50, Metric.GET_P99),
    SET(Metric.SET_OPS, Metric.SET_CPU, Metric.SET_P50, Metric.SET_P99),
    CREATE(Metric.CREATE_OPS, Metric.CREATE_CPU, Metric.CREATE_P50, Metric.CREATE_P99),
    MULTI(Metric.MULTI_OPS, Metric.MULTI_CPU, Metric.MULTI_P50, Metric.MULTI_P99);

    private final Metric rate;
    private final Metric cpu;
    private final Metric median;
    private final Metric tail;

    Operation(Metric rate, Metric cpu, Metric median, Metric tail) {
      this.rate = rate;
      this.cpu = cpu;
      this.median = median;
      this.tail = tail;
    }
  }

  private final Operation operation;

  PipelinedScenario(Operation operation) {
    this.operation = operation;
  }

  @Override
  public void measure(Bench bench) throws IOException {
    try (ServerProcess server = bench.startFresh();
        PipelinedLoad load = PipelinedLoad.open(server, prepare(server))) {
      Settings settings = bench.settings();
      long limit = operation == Operation.CREATE ? settings.createLimit() : Long.MAX_VALUE / 2;
      Window window =
          load.run(Bench.nanos(settings.warmUp()), Bench.nanos(settings.measured()), limit);
      bench.record(operation.rate, window.perSecond());
      bench.record(operation.cpu, window.serverMicrosPerOperation());
      bench.record(operation.median, window.latencyMicros(50));
      bench.record(operation.tail, window.latencyMicros(99));
      if (operation == Operation.GET) {
        bench.record(Metric.GENERATOR_CPU, window.generatorMicrosPerOperation());
      }
    }
  }

  private Requests prepare(ServerProcess server) throws IOException {
    return switch (operation) {
      case GET -> Requests.gets(createZnodes(server));
      case SET -> Requests.sets(createZnodes(server), Bench.data());
      case MULTI -> Requests.multiSets(createZnodes(server), SETS_PER_MULTI, Bench.data());
      case CREATE -> Requests.creates(createParents(server, "/create", PARENTS), Bench.data());
    };
  }

  /** Znodes for each connection to read and to write. */
  static List<List<String>> createZnodes(ServerProcess server) throws IOException {
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

  static List<String> createParents(ServerProcess server, String top, int count)
      throws IOException {
    List<String> parents = new ArrayList<>();
    try (BlockingSession session = BlockingSession.open(server.address())) {
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
