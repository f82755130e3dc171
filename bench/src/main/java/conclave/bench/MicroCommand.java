package conclave.bench;

import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conclave bench micro}: the JMH benchmarks, each with its allocation per operation. */
@Command(
    name = "micro",
    description =
        "Runs the JMH benchmarks of codec, tree and watch table; shows time and allocated bytes"
            + " per operation.",
    mixinStandardHelpOptions = true)
final class MicroCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "PATTERN",
      description = "a regular expression for the benchmarks' names (default: all)")
  private String pattern = "conclave.bench.micro.*";

  @Option(names = "--forks", description = "JVMs per benchmark (default: ${DEFAULT-VALUE})")
  private int forks = 1;

  @Option(names = "--seconds", description = "length of a round (default: ${DEFAULT-VALUE})")
  private int seconds = 1;

  @Option(names = "--rounds", description = "measured rounds (default: ${DEFAULT-VALUE})")
  private int rounds = 5;

  @Option(names = "--json", description = "also write the results to this file")
  private String json = "";

  @Override
  public Integer call() throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(pattern)
            .forks(forks)
            .warmupIterations(rounds)
            .warmupTime(TimeValue.seconds(seconds))
            .measurementIterations(rounds)
            .measurementTime(TimeValue.seconds(seconds))
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true);
    if (!json.isEmpty()) {
      options.resultFormat(ResultFormatType.JSON).result(json);
    }
    return new Runner(options.build()).run().isEmpty() ? 1 : 0;
  }
}
