package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionBalanceTest {
  @Test
  void withoutMembersNobodyHasAnything() {
    assertThat(PartitionBalance.spread(partitions(3), new TreeSet<>(), Map.of())).isEmpty();
  }

  @Test
  void extraMembersAreIdle() {
    assertThat(PartitionBalance.spread(partitions(2), members(5), Map.of()).values())
        .hasSize(2)
        .doesNotHaveDuplicates();
  }

  /**
   * Any change of members and partitions: everything has an owner, evenly, and as little moves as
   * can.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void spreadsEvenlyAndMovesTheLeast(long seed) {
    Random random = new Random(seed);
    SortedMap<Partition, String> before = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      SortedSet<Partition> partitions = partitions(random.nextInt(30));
      SortedSet<String> members = new TreeSet<>();
      while (members.isEmpty()) {
        for (String member : members(8)) {
          if (random.nextInt(3) > 0) {
            members.add(member);
          }
        }
      }
      SortedMap<Partition, String> after = PartitionBalance.spread(partitions, members, before);
      assertThat(after.keySet()).isEqualTo(partitions);
      assertThat(members).containsAll(after.values());
      Map<String, Integer> counts = counts(after, members);
      int share = partitions.size() / members.size();
      assertThat(counts.values()).allMatch(count -> count == share || count == share + 1);
      assertThat(moved(before, after)).isEqualTo(leastMoves(before, partitions, members));
      assertThat(PartitionBalance.spread(partitions, members, after)).isEqualTo(after);
      before = after;
    }
  }

  /** Nobody can keep more than an even share, and only so many can have the one more. */
  private static int leastMoves(
      Map<Partition, String> before, SortedSet<Partition> partitions, SortedSet<String> members) {
    SortedMap<Partition, String> kept = new TreeMap<>(before);
    kept.keySet().retainAll(partitions);
    kept.values().retainAll(members);
    int share = partitions.size() / members.size();
    int withOneMore = partitions.size() % members.size();
    int stays = 0;
    int over = 0;
    for (int count : counts(kept, members).values()) {
      stays += Math.min(count, share);
      over += count > share ? 1 : 0;
    }
    return partitions.size() - stays - Math.min(over, withOneMore);
  }

  private static int moved(Map<Partition, String> before, Map<Partition, String> after) {
    int moved = 0;
    for (Map.Entry<Partition, String> entry : after.entrySet()) {
      moved += entry.getValue().equals(before.get(entry.getKey())) ? 0 : 1;
    }
    return moved;
  }

  private static Map<String, Integer> counts(
      Map<Partition, String> owners, SortedSet<String> members) {
    Map<String, Integer> counts = new HashMap<>();
    members.forEach(member -> counts.put(member, 0));
    owners.values().forEach(member -> counts.merge(member, 1, Integer::sum));
    return counts;
  }

  private static SortedSet<Partition> partitions(int count) {
    SortedSet<Partition> partitions = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      partitions.add(new Partition(i % 3 == 0 ? "even-odd" : "t", i));
    }
    return partitions;
  }

  private static SortedSet<String> members(int count) {
    SortedSet<String> members = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      members.add("m" + i);
    }
    return members;
  }
}
