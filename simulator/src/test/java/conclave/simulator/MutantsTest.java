package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each of the wrong variants is found, in few seeds; and the same seeds are good without it. */
class MutantsTest {
  private static final int MOST_SEEDS = 40;
  private static final long DURATION_MS = 60_000;

  static Options options(Mutant mutant, long seed) {
    Options drawn = Options.plain(seed, DURATION_MS);
    return drawn
        .withMembers(3, 0)
        .withLoad(6, mutant == Mutant.SHOWS_DATA_BEFORE_THE_EVENT ? 60 : 500, 4)
        .withHistory(60, 20)
        .withFaults(mutant.kinds().isEmpty() ? 0 : 3_000, mutant.kinds());
  }

  /** Those that the first seed does not find, and the seed that did: it is tried first. */
  private static final Map<Mutant, Long> FOUND_BY =
      Map.of(
          Mutant.CUTS_ONE_TOO_FEW, 6L,
          Mutant.FORGETS_TRUNC, 6L,
          Mutant.SERVES_WITHOUT_A_QUORUM, 4L,
          Mutant.SHOWS_DATA_BEFORE_THE_EVENT, 2L,
          Mutant.SYNCS_WITH_NOBODY, 10L);

  @ParameterizedTest
  @EnumSource
  void isFound(Mutant mutant) {
    long known = FOUND_BY.getOrDefault(mutant, 1L);
    boolean found =
        LongStream.concat(LongStream.of(known), LongStream.rangeClosed(1, MOST_SEEDS))
            .anyMatch(seed -> finds(seed, mutant));
    assertThat(found).as("somebody noticed " + mutant).isTrue();
  }

  private static boolean finds(long seed, Mutant mutant) {
    Options options = options(mutant, seed);
    Verdict verdict =
        Simulation.run(seed, options, FaultPlan.draw(seed, options), mutant.tampering(), null);
    if (verdict.isGood()) {
      return false;
    }
    assertThat(Simulation.run(seed, options, null).violation()).isNull();
    return true;
  }
}
