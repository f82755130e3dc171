package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole ensembles: every seed that ever failed, and some that nobody has seen before. */
class SimulationTest {
  private static final long DURATION_MS = 120_000;
  private static final int NEW_SEEDS = 8;

  /** Seeds that once broke a promise, with the length of the run in which they did. */
  static Stream<Failed> failed() throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(SimulationTest.class.getResourceAsStream("/seeds.txt")),
                StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .map(line -> line.replaceAll("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .map(line -> line.split("\\s+"))
          .map(
              parts ->
                  new Failed(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts.length > 2))
          .toList()
          .stream();
    }
  }

  /**
   * @param plain whether it is older than what only some ensembles have switched on
   */
  record Failed(long seed, long minutes, boolean plain) {}

  @ParameterizedTest
  @MethodSource("failed")
  void keepsThePromiseThatItOnceBroke(Failed failed) {
    long durationMs = failed.minutes() * 60_000;
    assertGood(
        failed.seed(),
        failed.plain()
            ? Options.plain(failed.seed(), durationMs)
            : Options.of(failed.seed(), durationMs));
  }

  /**
   * Others on every run, so that the tests go on looking; printed, so that they can be repeated.
   */
  static LongStream newSeeds() {
    long first = System.nanoTime() & 0xffffffffL;
    return LongStream.range(first, first + NEW_SEEDS);
  }

  @ParameterizedTest
  @MethodSource("newSeeds")
  void keepsItsPromises(long seed) {
    assertGood(seed, Options.of(seed, DURATION_MS));
  }

  private static void assertGood(long seed, Options options) {
    Verdict verdict = Simulation.run(seed, options, null);
    assertThat(verdict.violation())
        .as(
            "bin/conclave simulate --seed %d --minutes %d --trace",
            seed, options.durationMs() / 60_000)
        .isNull();
    assertThat(verdict.transactions()).as("seed %d", seed).isPositive();
  }

  @Test
  void theSameSeedIsTheSameRun() {
    for (long seed = 1; seed <= 3; seed++) {
      Options options = Options.of(seed, 30_000);
      StringBuilder first = new StringBuilder();
      StringBuilder second = new StringBuilder();
      Verdict one = Simulation.run(seed, options, line -> first.append(line).append('\n'));
      Verdict other = Simulation.run(seed, options, line -> second.append(line).append('\n'));
      assertThat(first.toString()).isEqualTo(second.toString());
      assertThat(one.trace()).isEqualTo(other.trace());
      assertThat(one.events()).isEqualTo(other.events());
      assertThat(Simulation.run(seed, options, null).trace()).isEqualTo(one.trace());
    }
  }

  @Test
  void aRunCanBeStoppedAfterAnyStep() {
    Options options = Options.of(1, 30_000);
    StringBuilder lines = new StringBuilder();
    Verdict verdict = Simulation.run(1, options, 2_000, line -> lines.append(line).append('\n'));
    assertThat(verdict.isGood()).isTrue();
    assertThat(verdict.events()).isEqualTo(2_000);
    assertThat(lines.toString()).endsWith(" stopped after 2000 steps\n");
    StringBuilder whole = new StringBuilder();
    Simulation.run(1, options, line -> whole.append(line).append('\n'));
    assertThat(whole.toString())
        .startsWith(lines.substring(0, lines.lastIndexOf("\n", lines.length() - 2) + 1));
  }

  @Test
  void otherSeedsAreOtherRuns() {
    assertThat(
            LongStream.range(1, 6)
                .map(seed -> Simulation.run(seed, Options.of(seed, 5_000), null).trace())
                .distinct()
                .count())
        .isEqualTo(5);
  }

  @Test
  void aFailureShrinksToTheFaultsThatMatter() {
    // One power cut is enough to show that the epochs are not kept; the rest is noise.
    Mutant mutant = Mutant.INSTALLS_IN_MEMORY_ONLY;
    Options options = MutantsTest.options(mutant, 1);
    List<Fault.Timed> faults = FaultPlan.draw(1, options);
    Verdict failed = Simulation.run(1, options, faults, mutant.tampering(), null);
    assertThat(failed.isGood()).isFalse();

    List<Fault.Timed> shrunk = Shrinker.shrink(failed, options, mutant.tampering(), 30, line -> {});

    assertThat(shrunk.size()).isLessThan(faults.size());
    Violation violation = Simulation.run(1, options, shrunk, mutant.tampering(), null).violation();
    assertThat(violation).isNotNull();
    assertThat(violation.promise()).isEqualTo(Objects.requireNonNull(failed.violation()).promise());
  }
}
