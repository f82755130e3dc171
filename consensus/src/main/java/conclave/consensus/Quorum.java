package conclave.consensus;

import conclave.protocol.EnsembleMember;
import conclave.protocol.MembershipText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Which sets of voters are enough to decide: any two of them have a voter in common. Servers that
 * have no vote count for nothing, in whatever set they are.
 */
public sealed interface Quorum {

  /** Whether the voters for which {@code in} is true are enough. */
  boolean isQuorum(LongPredicate in);

  default boolean isQuorum(Set<Long> servers) {
    return isQuorum(servers::contains);
  }

  /** What a voter's vote weighs; one that weighs nothing can't lead. */
  long weight(long voter);

  static Quorum of(MembershipText config) {
    long[] voters =
        config.members().values().stream()
            .filter(member -> !member.observer())
            .mapToLong(EnsembleMember::serverId)
            .toArray();
    return config.isHierarchical() ? Weighted.of(config, voters) : new Majority(voters);
  }

  /** More than half of the voters. */
  final class Majority implements Quorum {
    private final long[] voters;

    private Majority(long[] voters) {
      this.voters = voters;
    }

    @Override
    public boolean isQuorum(LongPredicate in) {
      int count = 0;
      for (long voter : voters) {
        if (in.test(voter)) {
          count++;
        }
      }
      return count > voters.length / 2;
    }

    @Override
    public long weight(long voter) {
      return 1;
    }
  }

  /**
   * More than half of the groups, each by more than half of its weight. A group without weight is
   * no group. As with Apache, an observer that stands in a group with a weight makes that group
   * heavier and can't add its weight to any set.
   */
  final class Weighted implements Quorum {
    private final Map<Long, Long> weights;
    private final List<Group> groups;

    private record Group(long[] voters, long[] weights, long total) {
      boolean isQuorum(LongPredicate in) {
        long weight = 0;
        for (int i = 0; i < voters.length; i++) {
          if (in.test(voters[i])) {
            weight += weights[i];
          }
        }
        return weight > total / 2;
      }
    }

    private Weighted(Map<Long, Long> weights, List<Group> groups) {
      this.weights = weights;
      this.groups = groups;
    }

    private static Weighted of(MembershipText config, long[] voters) {
      Map<Long, Long> weights = config.weights();
      Map<Long, Long> totals = new HashMap<>();
      config
          .groups()
          .forEach((id, group) -> totals.merge(group, weights.getOrDefault(id, 0L), Long::sum));
      List<Group> groups = new ArrayList<>();
      totals.forEach(
          (group, total) -> {
            if (total > 0) {
              groups.add(group(config, voters, group, total));
            }
          });
      return new Weighted(weights, List.copyOf(groups));
    }

    private static Group group(MembershipText config, long[] voters, long group, long total) {
      long[] inside =
          Arrays.stream(voters)
              .filter(id -> Long.valueOf(group).equals(config.groups().get(id)))
              .toArray();
      long[] weights =
          Arrays.stream(inside).map(id -> config.weights().getOrDefault(id, 0L)).toArray();
      return new Group(inside, weights, total);
    }

    @Override
    public boolean isQuorum(LongPredicate in) {
      int count = 0;
      for (Group group : groups) {
        if (group.isQuorum(in)) {
          count++;
        }
      }
      return count > groups.size() / 2;
    }

    @Override
    public long weight(long voter) {
      return weights.getOrDefault(voter, 0L);
    }
  }
}
