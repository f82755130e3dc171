package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StrategyTest {
  private static final ServiceInstance A = instance("a", 1);
  private static final ServiceInstance B = instance("b", 3);
  private static final ServiceInstance C = instance("c", 0);

  @Test
  void noneOfThemFindsSomebodyAmongNobody() {
    for (Strategy strategy :
        List.of(
            Strategy.roundRobin(),
            Strategy.random(new Random(1)),
            Strategy.sticky(Strategy.roundRobin()),
            Strategy.weighted())) {
      assertThat(strategy.choose(List.of())).isEqualTo(Optional.empty());
    }
  }

  @Test
  void roundRobinTakesEachInTurn() {
    assertThat(choose(Strategy.roundRobin(), 5, A, B, C)).containsExactly("a", "b", "c", "a", "b");
  }

  @Test
  void randomTakesEachAboutAsOften() {
    Map<String, Integer> counts = count(choose(Strategy.random(new Random(7)), 3_000, A, B, C));
    assertThat(counts.values()).hasSize(3).allMatch(count -> count > 900 && count < 1_100);
  }

  @Test
  void stickyStaysUntilItHasTo() {
    Strategy strategy = Strategy.sticky(Strategy.roundRobin());
    assertThat(choose(strategy, 3, A, B)).containsOnly("a");
    assertThat(choose(strategy, 3, B, C)).as("a is gone").hasSize(3).containsOnly("c");
    assertThat(choose(strategy, 2, A, B, C)).containsOnly("c");
  }

  @Test
  void weightedGivesEachItsShareEvenlyMixed() {
    Strategy strategy = Strategy.weighted();
    assertThat(choose(strategy, 8, A, B, C))
        .containsExactly("b", "a", "b", "b", "b", "a", "b", "b");
    assertThat(count(choose(strategy, 400, A, B, C))).isEqualTo(Map.of("a", 100, "b", 300));
    assertThat(choose(strategy, 2, C)).as("better little than nothing").containsOnly("c");
  }

  private static List<String> choose(Strategy strategy, int times, ServiceInstance... among) {
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      chosen.add(strategy.choose(List.of(among)).orElseThrow().id());
    }
    return chosen;
  }

  private static Map<String, Integer> count(List<String> chosen) {
    Map<String, Integer> counts = new HashMap<>();
    chosen.forEach(id -> counts.merge(id, 1, Integer::sum));
    return counts;
  }

  private static ServiceInstance instance(String id, int weight) {
    return ServiceInstance.of("s", "localhost", 1).withId(id).withWeight(weight);
  }
}
