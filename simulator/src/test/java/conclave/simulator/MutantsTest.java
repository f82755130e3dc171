package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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

  @ParameterizedTest
  @EnumSource
  void isFound(Mutant mutant) {
    for (long seed = 1; seed <= MOST_SEEDS; seed++) {
      Options options = options(mutant, seed);
      Verdict verdict =
          Simulation.run(seed, options, FaultPlan.draw(seed, options), mutant.tampering(), null);
      if (!verdict.isGood()) {
        assertThat(Simulation.run(seed, options, null).violation()).isNull();
        return;
      }
    }
    fail("nobody noticed: " + mutant);
  }
}
