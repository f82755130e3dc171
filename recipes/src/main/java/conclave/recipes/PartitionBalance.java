package conclave.recipes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who shall have which partition. All members have the same number, or some one more; within that,
 * everybody keeps what they have.
 */
final class PartitionBalance {
  private PartitionBalance() {}

  /**
   * Spreads partitions over members.
   *
   * @param before who had which; partitions and members that are no more may be among it
   * @return an owner for every partition; nothing when there are no members
   */
  static SortedMap<Partition, String> spread(
      SortedSet<Partition> partitions, SortedSet<String> members, Map<Partition, String> before) {
    SortedMap<Partition, String> owners = new TreeMap<>();
    if (members.isEmpty()) {
      return owners;
    }
    Map<String, List<Partition>> kept = new TreeMap<>();
    members.forEach(member -> kept.put(member, new ArrayList<>()));
    SortedSet<Partition> free = new TreeSet<>();
    for (Partition partition : partitions) {
      List<Partition> ofOwner = kept.get(before.getOrDefault(partition, ""));
      if (ofOwner == null) {
        free.add(partition);
      } else {
        ofOwner.add(partition);
      }
    }
    // Those who have the most keep the most: that moves the fewest.
    List<String> order = new ArrayList<>(members);
    order.sort(Comparator.comparingInt(member -> -listOf(kept, member).size()));
    int share = partitions.size() / members.size();
    int withOneMore = partitions.size() % members.size();
    Map<String, Integer> room = new TreeMap<>();
    for (int i = 0; i < order.size(); i++) {
      List<Partition> its = listOf(kept, order.get(i));
      int mayHave = i < withOneMore ? share + 1 : share;
      while (its.size() > mayHave) {
        free.add(its.remove(its.size() - 1));
      }
      room.put(order.get(i), mayHave - its.size());
    }
    kept.forEach((member, its) -> its.forEach(partition -> owners.put(partition, member)));
    for (Partition partition : free) {
      String member = mostRoom(room);
      room.merge(member, -1, Integer::sum);
      owners.put(partition, member);
    }
    return owners;
  }

  private static List<Partition> listOf(Map<String, List<Partition>> kept, String member) {
    return kept.getOrDefault(member, List.of());
  }

  private static String mostRoom(Map<String, Integer> room) {
    return room.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElseThrow();
  }
}
