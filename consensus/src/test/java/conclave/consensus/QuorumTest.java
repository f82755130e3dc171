package conclave.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.MembershipText;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.zookeeper.server.quorum.flexible.QuorumHierarchical;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;
import org.junit.jupiter.api.Test;

class QuorumTest {
  @Test
  void moreThanHalf() {
    Quorum of3 = majority(3);
    assertThat(of3.isQuorum(Set.of(1L, 3L))).isTrue();
    assertThat(of3.isQuorum(Set.of(2L))).isFalse();
    Quorum of4 = majority(4);
    assertThat(of4.isQuorum(Set.of(1L, 2L))).isFalse();
    assertThat(of4.isQuorum(Set.of(1L, 2L, 4L))).isTrue();
    assertThat(majority(1).isQuorum(Set.of(1L))).isTrue();
    assertThat(majority(1).isQuorum(Set.of())).isFalse();
  }

  @Test
  void strangersAndObserversCountForNothing() {
    Membership membership =
        Membership.parse(servers(3) + "server.4=a:1:2:observer\nserver.5=a:1:2:observer");
    assertThat(membership.quorum().isQuorum(Set.of(1L, 4L, 5L, 6L))).isFalse();
    assertThat(membership.quorum().isQuorum(id -> id != 2)).isTrue();
    assertThat(membership.voters()).containsExactly(1L, 2L, 3L);
    assertThat(membership.isVoter(4)).isFalse();
    assertThat(membership.isObserver(4)).isTrue();
    assertThat(membership.isObserver(6)).isFalse();
  }

  @Test
  void groupsDecideByTheMajorityOfTheirWeightAndTheMajorityOfGroups() {
    Quorum quorum =
        Membership.parse(
                servers(9)
                    + "group.1=1:2:3\ngroup.2=4:5:6\ngroup.3=7:8:9\nweight.1=3\nweight.9=0\n")
            .quorum();
    // Server 1 outweighs the others of its group; 8 needs 7 because 9 weighs nothing.
    assertThat(quorum.isQuorum(Set.of(1L, 4L, 5L))).isTrue();
    assertThat(quorum.isQuorum(Set.of(2L, 3L, 4L, 5L))).isFalse();
    assertThat(quorum.isQuorum(Set.of(1L, 7L, 9L))).isFalse();
    assertThat(quorum.isQuorum(Set.of(1L, 7L, 8L))).isTrue();
    assertThat(quorum.isQuorum(Set.of(1L))).isFalse();
    assertThat(quorum.weight(1)).isEqualTo(3);
    assertThat(quorum.weight(9)).isZero();
    assertThat(quorum.weight(10)).isZero();
  }

  @Test
  void aGroupThatWeighsNothingIsNone() {
    Quorum quorum =
        Membership.parse(
                servers(3) + "group.1=1:2\ngroup.2=3\nweight.3=0\nweight.2=1\nweight.1=1\n")
            .quorum();
    assertThat(quorum.isQuorum(Set.of(1L, 2L))).isTrue();
    assertThat(quorum.isQuorum(Set.of(1L, 3L))).isFalse();
  }

  /** Every set of voters, in ensembles of every shape. */
  @Property(tries = 500)
  void asApaches(
      @ForAll @IntRange(min = 1, max = 8) int voters,
      @ForAll @IntRange(min = 0, max = 4) int groups,
      @ForAll @Size(8) List<@IntRange(min = 0, max = 3) Integer> weights,
      @ForAll @Size(8) List<@IntRange(min = 0, max = 3) Integer> groupOf,
      @ForAll boolean weighedObserver)
      throws Exception {
    StringBuilder text = new StringBuilder(servers(voters));
    text.append("server.20=a:1:2:observer\n");
    if (groups > 0) {
      TreeMap<Integer, String> lines = new TreeMap<>();
      for (int i = 0; i < voters; i++) {
        lines.merge(groupOf.get(i) % groups, "" + (i + 1), (before, one) -> before + ":" + one);
        text.append("weight." + (i + 1) + "=" + weights.get(i) + "\n");
      }
      if (weighedObserver) {
        lines.merge(0, "20", (before, one) -> before + ":" + one);
        text.append("weight.20=2\n");
      }
      lines.forEach((group, ids) -> text.append("group." + group + "=" + ids + "\n"));
    }
    Properties properties = new Properties();
    properties.load(new StringReader(text.toString()));
    QuorumVerifier apache =
        groups > 0 ? new QuorumHierarchical(properties) : new QuorumMaj(properties);
    Quorum ours = Quorum.of(MembershipText.parse(text.toString()));
    List<String> different = new ArrayList<>();
    for (int set = 0; set < 1 << voters; set++) {
      Set<Long> ids = new TreeSet<>();
      for (int i = 0; i < voters; i++) {
        if ((set >> i & 1) != 0) {
          ids.add(i + 1L);
        }
      }
      if (ours.isQuorum(ids) != apache.containsQuorum(ids)) {
        different.add(ids.toString());
      }
    }
    assertThat(different).as(text.toString()).isEmpty();
    for (long id = 1; id <= voters; id++) {
      assertThat(ours.weight(id)).isEqualTo(apache.getWeight(id));
    }
  }

  private static Quorum majority(int voters) {
    return Membership.parse(servers(voters)).quorum();
  }

  private static String servers(int voters) {
    StringBuilder text = new StringBuilder();
    for (int id = 1; id <= voters; id++) {
      text.append("server." + id + "=a:1:2:participant\n");
    }
    return text.toString();
  }
}
