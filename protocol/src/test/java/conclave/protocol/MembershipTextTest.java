package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.apache.zookeeper.server.quorum.flexible.QuorumHierarchical;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;
import org.junit.jupiter.api.Test;

class MembershipTextTest {
  @Test
  void isWhatApachePrints() throws Exception {
    for (String text :
        new String[] {
          "server.1=127.0.0.1:2888:3888\nversion=0",
          "server.2=localhost:2888:3888:observer;2181\n"
              + "server.1=localhost:2889:3889:PARTICIPANT;127.0.0.1:2182\nversion=10000000a",
          "server.1=[::1]:2888:3888;[::1]:2181\nserver.2=[fe80::1:2]:1:2:participant;[::]:2181",
          "server.1=[::ffff:10.1.2.3]:2888:3888\n",
          "server.3=127.0.0.1:2888:3888\nserver.1=127.0.0.2:2888:3888\n"
              + "server.2=127.0.0.3:2888:3888\nserver.4=127.0.0.4:2888:3888:observer\n"
              + "group.1=1:2\ngroup.2=3\nweight.1=2\nweight.3=0\nversion=ff",
        }) {
      isAsApaches(text);
    }
  }

  @Property(tries = 300)
  void isWhatApachePrintsForAnyNumbers(
      @ForAll @Size(max = 40) Set<@LongRange(min = 1, max = 254) Long> voters,
      @ForAll @Size(max = 10) Set<@LongRange(min = 1, max = 254) Long> observers,
      @ForAll @LongRange(min = 0) long version)
      throws Exception {
    isAsApaches(servers(voters, observers) + "version=" + Long.toHexString(version));
  }

  @Property(tries = 300)
  void isWhatApachePrintsForAnyGroups(
      @ForAll @NotEmpty @Size(max = 12) Set<@LongRange(min = 1, max = 15) Long> voters,
      @ForAll @IntRange(min = 1, max = 12) int groups,
      @ForAll @IntRange(min = 1, max = 4) int weighted)
      throws Exception {
    isAsApaches(grouped(voters, groups, weighted));
  }

  /** With weights left out, numbers of 16 and more may stand in another order than Apache's. */
  @Property(tries = 300)
  void isWhatApachePrintsForAnyNumbersInGroups(
      @ForAll @NotEmpty @Size(max = 20) Set<@LongRange(min = 1, max = 60) Long> voters,
      @ForAll @IntRange(min = 1, max = 20) int groups)
      throws Exception {
    isAsApaches(grouped(voters, groups, 1));
  }

  private static String grouped(Set<Long> voters, int groups, int weighted) {
    SortedMap<Long, String> lines = new TreeMap<>();
    StringBuilder text = new StringBuilder(servers(voters, Set.of()));
    for (long voter : new TreeSet<>(voters)) {
      lines.merge(voter * 7 % groups, Long.toString(voter), (before, one) -> before + ":" + one);
      if (voter % weighted == 0) {
        text.append("weight.").append(voter).append('=').append(voter % 3).append('\n');
      }
    }
    lines.forEach((group, ids) -> text.append("group." + group + "=" + ids + "\n"));
    return text + "version=1";
  }

  private static String servers(Set<Long> voters, Set<Long> observers) {
    StringBuilder text = new StringBuilder();
    SortedMap<Long, Boolean> all = new TreeMap<>();
    observers.forEach(id -> all.put(id, true));
    voters.forEach(id -> all.put(id, false));
    all.forEach(
        (id, observer) ->
            text.append("server." + id + "=127.0.0." + id % 200 + ":2888:3888")
                .append(observer ? ":observer" : ":participant")
                .append(id % 2 == 0 ? ";0.0.0.0:2181\n" : "\n"));
    return text.toString();
  }

  private static void isAsApaches(String text) throws Exception {
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    QuorumVerifier apache =
        text.contains("group.") ? new QuorumHierarchical(properties) : new QuorumMaj(properties);
    MembershipText ours = MembershipText.parse(text);
    assertThat(ours.text()).isEqualTo(apache.toString());
    assertThat(MembershipText.parse(ours.text()).text()).isEqualTo(ours.text());
    assertThat(ours.version()).isEqualTo(apache.getVersion());
    assertThat(ours.members().keySet()).isEqualTo(apache.getAllMembers().keySet());
  }

  @Test
  void severalAddressesStandInTheOrderOfTheirHosts() {
    MembershipText read = MembershipText.parse("server.1=b:1:2|a:3:4;2181");
    assertThat(read.text()).isEqualTo("server.1=a:3:4|b:1:2:participant;0.0.0.0:2181\nversion=0");
    EnsembleMember member = read.members().get(1L);
    assertThat(member).isNotNull();
    assertThat(member.addresses()).hasSize(2);
    assertThat(member.client()).isEqualTo(new HostPort("0.0.0.0", 2181));
  }

  @Test
  void linesAreReadAsAFileOfPropertiesIs() {
    assertThat(
            MembershipText.parse(
                    "# ours\n\n server.1 = a:1:2 \r\nversion=a\nserver.1=b:1:2\nversion=1f")
                .text())
        .isEqualTo("server.1=b:1:2:participant\nversion=1f");
  }

  @Test
  void equalWhenTheyMeanTheSame() {
    String text = "server.1=a:1:2\nserver.2=b:1:2\ngroup.1=1:2\n";
    assertThat(MembershipText.parse(text + "weight.1=1"))
        .isEqualTo(MembershipText.parse("weight.2=1\n" + text));
    assertThat(MembershipText.parse(text).withVersion(5).version()).isEqualTo(5);
    assertThat(MembershipText.parse(text).isHierarchical()).isTrue();
    assertThat(MembershipText.parse("server.1=a:1:2").isHierarchical()).isFalse();
  }

  @Test
  void nonsenseIsRefused() {
    for (String text :
        new String[] {
          "server.1",
          "server.x=a:1:2",
          "server.=a:1:2",
          "server.1=",
          "server.1=a",
          "server.1=a:1",
          "server.1=:1:2",
          "server.1=a:1:2:3:4",
          "server.1=a:1:x",
          "server.1=a:1:70000",
          "server.1=a:-1:2",
          "server.1=a:1:2:chairman",
          "server.1=a:1:2;b:c:3",
          "server.1=a:1:2;",
          "server.1=a:1:2;1;2",
          "server.1=a:1:2:observer|b:1:2:participant",
          "server.1=[::1:1:2",
          "server.1=[::1]1:2",
          "version=xyz",
          "clientPort=2181",
          "server.1=a:1:2\nserver.2=a:1:2\ngroup.1=1",
          "server.1=a:1:2\nweight.1=1",
          "server.1=a:1:2\ngroup.1=1:1",
          "server.1=a:1:2\ngroup.1=1\ngroup.2=1",
          "server.1=a:1:2\ngroup.1=1:2",
          "server.1=a:1:2\ngroup.1=1\nweight.1=-1",
          "server.1=a:1:2\ngroup.1=",
        }) {
      assertThatThrownBy(() -> MembershipText.parse(text))
          .as(text)
          .isInstanceOf(MalformedRecordException.class);
    }
  }

  @Property(tries = 3000)
  void whateverComesIsReadOrRefused(
      @ForAll String noise, @ForAll @IntRange(max = 100) int at, @ForAll boolean cut) {
    String text = "server.1=a:1:2|[::1]:3:4:participant;b:5\ngroup.1=1\nweight.1=1\nversion=1f";
    int place = Math.min(at, text.length());
    String broken = text.substring(0, place) + noise + (cut ? "" : text.substring(place));
    try {
      MembershipText read = MembershipText.parse(broken);
      assertThat(read.text()).isNotEmpty();
    } catch (MalformedRecordException e) {
      // A refusal is an answer; anything else fails the property.
    }
  }
}
