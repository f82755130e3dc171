package conclave.compat;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random requests, the same for two servers, must get the same answers and the same events in the
 * same order. With the oracle alone two of its servers are compared, which shows that the scripts
 * depend on nothing but their seed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DifferentialTest {
  private static final int STEPS = 400;
  private static final int SHOWN_LINES = 40;

  private List<ServerProcess> servers = List.of();

  /** {@code -Dconclave.compat.seeds=FROM-TO} looks further than the seeds of every build. */
  static LongStream seeds() {
    String[] range = System.getProperty("conclave.compat.seeds", "1-6").split("-");
    return LongStream.rangeClosed(Long.parseLong(range[0]), Long.parseLong(range[1]));
  }

  @BeforeAll
  void start() {
    ServerSpec spec =
        ServerSpec.full()
            // Removal by the clock would take transaction ids at moments of its own.
            .property("znode.container.checkIntervalMs", "100000000");
    List<Target> targets = Target.selected();
    servers =
        List.of(
            ServerProcess.start(targets.get(0), spec),
            ServerProcess.start(targets.get(targets.size() - 1), spec));
  }

  @AfterAll
  void stop() {
    servers.forEach(ServerProcess::close);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void sameAnswers(long seed) throws IOException {
    List<String> expected = DifferentialRun.run(servers.get(0), seed, STEPS);
    List<String> actual = DifferentialRun.run(servers.get(1), seed, STEPS);
    for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
      String wanted = i < expected.size() ? expected.get(i) : "nothing";
      String got = i < actual.size() ? actual.get(i) : "nothing";
      if (!wanted.equals(got)) {
        List<String> history =
            new ArrayList<>(expected.subList(Math.max(0, i - SHOWN_LINES), i));
        fail(
            "seed %d, first difference in line %d%n%s%n%s: %s%n%s: %s",
            seed,
            i,
            String.join("\n", history),
            servers.get(0),
            wanted,
            servers.get(1),
            got);
      }
    }
  }
}
