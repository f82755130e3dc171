package conclave.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SnapshotCadenceTest {
  @Test
  void betweenHalfAndAllOfTheTransactions() {
    Random random = new Random(1);
    SnapshotCadence cadence = new SnapshotCadence(100, 0, n -> random.nextInt((int) n));
    Set<Integer> counts = new TreeSet<>();
    for (int round = 0; round < 500; round++) {
      int count = 1;
      while (!cadence.logged(1_000_000)) {
        count++;
      }
      assertThat(cadence.logged(1)).as("until a snapshot is taken").isTrue();
      counts.add(count);
      cadence.reset();
    }
    assertThat(counts).allMatch(n -> n > 50 && n <= 100).hasSizeGreaterThan(30);
  }

  @Test
  void betweenHalfAndAllOfTheBytes() {
    SnapshotCadence least = new SnapshotCadence(1000, 4096, n -> 0);
    assertThat(least.logged(2048)).isFalse();
    assertThat(least.logged(1)).isTrue();
    SnapshotCadence most = new SnapshotCadence(1000, 4096, n -> n - 1);
    assertThat(most.logged(4095)).isFalse();
    assertThat(most.logged(1)).isTrue();
  }

  @Test
  void fewerThanTwoMakeNoSense() {
    assertThatThrownBy(() -> new SnapshotCadence(1, 0, n -> 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("snapCount=1");
  }
}
