package conclave.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole failovers from seeds. What fails names its seed, and the same seed fails again. {@code
 * -Dfailover.seeds=N} tries more.
 */
class FailoverWorldTest {
  private static final int SEEDS = Integer.getInteger("failover.seeds", 300);

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void neverTwoActivesAndOneInTheEnd(int size) {
    int activations = 0;
    int fencings = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      FakeWorld world = live(seed, size, -1);
      activations += world.activations;
      fencings += world.fencings;
    }
    // A world in which nothing happens would prove nothing.
    assertThat(activations).isGreaterThan(2 * SEEDS);
    assertThat(fencings).isGreaterThan(SEEDS / 2);
  }

  private static FakeWorld live(long seed, int size, long failBackAfterMs) {
    FakeWorld world = new FakeWorld(seed, size, failBackAfterMs);
    try {
      world.run(30_000);
      assertThat(world.active()).as("at the beginning").hasSize(1);
      for (int i = 0; i < 40; i++) {
        world.trouble();
        world.run(world.upTo(2_500));
      }
      world.mendAll();
      world.run(90_000);
      assertThat(world.active()).as(() -> "in the end\n" + world.text()).hasSize(1);
      assertThat(world.active().get(0).machine().elector())
          .as(() -> "in the end\n" + world.text())
          .isEqualTo(ElectorState.ACTIVE);
      if (failBackAfterMs >= 0) {
        assertThat(world.active().get(0).name)
            .as(() -> "in the end\n" + world.text())
            .isEqualTo("n1");
      }
      return world;
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("size=" + size + " seed=" + seed + ": " + e.getMessage(), e);
    }
  }

  @Test
  void thePreferredNodeIsActiveInTheEnd() {
    for (long seed = 1; seed <= SEEDS / 5; seed++) {
      live(seed, 3, 5_000);
    }
  }

  @Test
  void theWorldNoticesWhenFencingOnlySaysThatItHasFenced() {
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= 200; seed++) {
                FakeWorld world = new FakeWorld(seed, 2);
                world.fencingLies = true;
                world.run(3_000);
                for (int i = 0; i < 40; i++) {
                  world.trouble();
                  world.run(world.upTo(2_500));
                }
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("active at once");
  }

  @Test
  void aStoppedControllerHandsOverWithoutFencing() {
    for (long seed = 1; seed <= 50; seed++) {
      FakeWorld world = new FakeWorld(seed, 2);
      world.run(30_000);
      int before = world.fencings;
      FakeWorld.Node active = world.active().get(0);
      active.stop();
      world.run(300);
      if (world.orderlyExits == 1) {
        // The hook that makes it standby fails in some worlds; then there is something to fence.
        assertThat(world.fencings).as("seed " + seed).isEqualTo(before);
      }
      world.run(15_000);
      assertThat(world.active()).as("seed " + seed).hasSize(1);
      assertThat(world.active().get(0)).isNotSameAs(active);
    }
  }
}
