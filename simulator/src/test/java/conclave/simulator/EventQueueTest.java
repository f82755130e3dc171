package conclave.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventQueueTest {

  private record Due(long timeUs, int tie, long number) {}

  @Test
  void theNextIsTheFirstByTimeThenTieThenNumber() {
    SplittableRandom random = new SplittableRandom(1);
    for (int round = 0; round < 50; round++) {
      EventQueue queue = new EventQueue();
      List<Due> expected = new ArrayList<>();
      List<Due> happened = new ArrayList<>();
      long number = 0;
      for (int step = 0; step < 2_000; step++) {
        if (expected.isEmpty() || random.nextInt(5) < 3) {
          // Few times and few ties, so that every rule decides now and then.
          Due due = new Due(random.nextLong(40), random.nextInt(-2, 3), number++);
          expected.add(due);
          queue.add(due.timeUs(), due.tie(), due.number(), () -> happened.add(due));
        } else {
          Due next =
              expected.stream()
                  .min(
                      Comparator.comparingLong(Due::timeUs)
                          .thenComparingInt(Due::tie)
                          .thenComparingLong(Due::number))
                  .orElseThrow();
          expected.remove(next);
          assertThat(queue.nextUs()).isEqualTo(next.timeUs());
          assertThat(queue.nextNumber()).isEqualTo(next.number());
          queue.poll().run();
          assertThat(happened.get(happened.size() - 1)).isEqualTo(next);
        }
      }
    }
  }

  @Test
  void nothingIsDueInAnEmptyOne() {
    assertThat(new EventQueue().nextUs()).isEqualTo(Long.MAX_VALUE);
  }
}
