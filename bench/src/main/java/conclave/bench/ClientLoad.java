package conclave.bench;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One session that always has so many requests on their way: each answer sends the next one, as
 * asynchronous code does. A process of its own ({@link #main}), so that what it costs is the
 * client's alone, and either client has the libraries that it was made for.
 */
final class ClientLoad {
  enum Operation {
    GET,
    SET
  }

  private static final String TOP = "/client";
  private static final int ZNODES = 320;

  private final PipelinedClient client;
  private final Operation operation;
  private final List<String> paths;
  private final byte[] data = Bench.data();
  private final AtomicLong answered = new AtomicLong();
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private volatile boolean stopped;

  private ClientLoad(PipelinedClient client, Operation operation, List<String> paths) {
    this.client = client;
    this.operation = operation;
    this.paths = paths;
  }

  /** What a stretch of time brought. */
  record Result(long operations, long nanos, long cpuMicros) {
    private static final Pattern LINE = Pattern.compile("result (\\d+) (\\d+) (\\d+)");

    double perSecond() {
      return operations * 1e9 / nanos;
    }

    double cpuMicrosPerOperation() {
      return (double) cpuMicros / operations;
    }

    String line() {
      return String.format(Locale.ROOT, "result %d %d %d", operations, nanos, cpuMicros);
    }

    /** Null for any other line. */
    static @Nullable Result parse(String line) {
      Matcher matcher = LINE.matcher(line);
      return matcher.matches()
          ? new Result(
              Long.parseLong(matcher.group(1)),
              Long.parseLong(matcher.group(2)),
              Long.parseLong(matcher.group(3)))
          : null;
    }
  }

  /** Arguments: apache or conclave, servers, get or set, in flight, warm-up and measured in ms. */
  public static void main(String[] args) throws Exception {
    Implementation implementation = Implementation.valueOf(args[0].toUpperCase(Locale.ROOT));
    try (PipelinedClient client = open(implementation, args[1])) {
      Result result =
          run(
              client,
              Operation.valueOf(args[2].toUpperCase(Locale.ROOT)),
              Integer.parseInt(args[3]),
              Duration.ofMillis(Long.parseLong(args[4])),
              Duration.ofMillis(Long.parseLong(args[5])));
      System.out.println(result.line());
    }
  }

  private static PipelinedClient open(Implementation implementation, String servers)
      throws Exception {
    return switch (implementation) {
      case APACHE -> new ApachePipelinedClient(servers);
      case CONCLAVE -> new ConclavePipelinedClient(servers);
    };
  }

  /** Makes the znodes, and loads the server for as long as both durations say. */
  static Result run(
      PipelinedClient client, Operation operation, int inFlight, Duration warmUp, Duration measured)
      throws Exception {
    List<String> paths =
        IntStream.range(0, ZNODES)
            .mapToObj(i -> String.format(Locale.ROOT, "%s/n%06d", TOP, i))
            .toList();
    client.create(Stream.concat(Stream.of(TOP), paths.stream()).toList(), Bench.data());
    ClientLoad load = new ClientLoad(client, operation, paths);
    for (int i = 0; i < inFlight; i++) {
      load.ask(i);
    }
    load.pass(warmUp);
    long cpuBefore = ProcessFigures.cpuMicros(ProcessHandle.current().pid());
    long answeredBefore = load.answered.get();
    long begun = System.nanoTime();
    load.pass(measured);
    Result result =
        new Result(
            load.answered.get() - answeredBefore,
            System.nanoTime() - begun,
            ProcessFigures.cpuMicros(ProcessHandle.current().pid()) - cpuBefore);
    load.stopped = true;
    return result;
  }

  private void pass(Duration time) throws Exception {
    try {
      failed.get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException nothingFailed) {
      // As it should be.
    }
  }

  private void ask(long number) {
    String path = paths.get((int) (number % paths.size()));
    switch (operation) {
      case GET -> client.get(path, this::answer);
      case SET -> client.set(path, data, this::answer);
    }
  }

  private void answer(@Nullable Throwable problem) {
    if (stopped) {
      return;
    }
    if (problem != null) {
      failed.completeExceptionally(problem);
      return;
    }
    ask(answered.incrementAndGet());
  }
}
