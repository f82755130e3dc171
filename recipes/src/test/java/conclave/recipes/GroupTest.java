package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.SessionState;
import conclave.protocol.CreateMode;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupTest extends RecipeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void membersKnowEachOtherAndTheirData() throws Exception {
    Group group = group();
    Queue<String> heard = follow(group);
    Membership one = soon(group.join("one", bytes("1")));
    Membership two = soon(new Group(client(), path).join("two", bytes("2")));
    soon(group.when(members -> members.size() == 2));
    assertThat(group.members().keySet()).containsExactly("one", "two");
    assertThat(group.member("two").orElseThrow().data()).isEqualTo(bytes("2"));
    assertThat(group.eldest().orElseThrow().id()).isEqualTo("one");
    assertThat(two.token()).isGreaterThan(one.token());

    soon(one.setData(bytes("uno")));
    soon(two.leave());
    soon(group.when(members -> members.size() == 1));
    await().atMost(SOON).until(() -> heard.size() == 4);
    assertThat(heard).containsExactly("+one", "+two", "one=uno", "-two");
    assertThat(two.isIn()).isFalse();
  }

  /** Curator's GroupMember: the member's id names an ephemeral znode, its data are the znode's. */
  @Test
  void theLayoutIsCurators() throws Exception {
    ConclaveClient client = client();
    soon(new Group(client, path).join("one", bytes("x")));
    assertThat(children()).containsExactly("one");
    assertThat(direct.getData(path + "/one").data()).isEqualTo(bytes("x"));
    assertThat(direct.getData(path + "/one").stat().ephemeralOwner()).isEqualTo(client.sessionId());
  }

  @Test
  void aMemberJoinsAgainAfterItsSessionIsLost() throws Exception {
    Relay relay = relay();
    ConclaveClient client = clientBehind(relay);
    Membership mine = soon(new Group(client, path).join("one", bytes("x")));
    long firstSession = mine.sessionId();
    long firstToken = mine.token();
    Group group = group();
    Queue<String> heard = follow(group);

    relay.refuse();
    soon(group.when(members -> members.isEmpty()));
    await().atMost(SOON).until(() -> !mine.isIn());
    CompletableFuture<Void> written = mine.setData(bytes("y"));
    relay.open();

    soon(group.when(members -> members.size() == 1));
    soon(written);
    await().atMost(SOON).until(mine::isIn);
    assertThat(mine.sessionId()).isNotEqualTo(firstSession);
    assertThat(mine.token()).isGreaterThan(firstToken);
    assertThat(direct.getData(path + "/one").data()).isEqualTo(bytes("y"));
    assertThat(heard).startsWith("+one", "-one", "+one");
  }

  @Test
  void whatSomebodyElseDeletesStandsAgain() throws Exception {
    Membership mine = soon(group().join("one", bytes("x")));
    long token = mine.token();
    direct.delete(path + "/one", ConclaveClient.ANY_VERSION);
    await().atMost(SOON).until(() -> mine.token() > token);
    assertThat(direct.getData(path + "/one").data()).isEqualTo(bytes("x"));
  }

  @Test
  void ofTwoWithTheSameIdTheSecondWaits() throws Exception {
    Membership first = soon(group().join("one", bytes("first")));
    CompletableFuture<Membership> second = group().join("one", bytes("second"));
    await()
        .pollDelay(Duration.ofMillis(300))
        .atMost(SOON)
        .until(() -> direct.getData(path + "/one").data()[0] == 'f');
    assertThat(second).isNotDone();
    soon(first.leave());
    soon(second);
    assertThat(direct.getData(path + "/one").data()).isEqualTo(bytes("second"));
  }

  @Test
  void whoLeavesWithoutAConnectionIsOutAfterwards() throws Exception {
    Relay relay = relay();
    Membership mine = soon(new Group(steadyBehind(relay), path).join("one", bytes("x")));
    relay.cut();
    CompletableFuture<Void> left = mine.leave();
    soon(left);
    assertThat(children()).isEmpty();
  }

  @Test
  void aClosedClientLeavesNobodyWaiting() throws Exception {
    ConclaveClient client = client();
    Membership mine = soon(new Group(client, path).join("one", bytes("x")));
    CompletableFuture<Membership> never =
        new Group(client, path).join("one/".substring(0, 3), bytes("y"));
    client.close();
    assertThat(client.state()).isEqualTo(SessionState.CLOSED);
    soon(mine.leave());
    awaitChildren(0);
    assertThat(never).isDone();
  }

  @Test
  void aJoinThatIsForbiddenFails() {
    ConclaveClient client = client();
    direct.ensurePath(path);
    direct.setAcl(
        path,
        List.of(new conclave.protocol.Acl(1, new conclave.protocol.Id("world", "anyone"))),
        ConclaveClient.ANY_VERSION);
    assertThat(new Group(client, path).join("one", bytes("x")))
        .failsWithin(SOON)
        .withThrowableOfType(java.util.concurrent.ExecutionException.class)
        .withMessageContaining("NO_AUTH");
  }

  /** Whatever is cut at whatever moment: whoever is in is in once, who has left is out. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void cutsAtAnyMoment(long seed) throws Exception {
    Random random = new Random(seed);
    Relay relay = relay();
    ConclaveClient client = steadyBehind(relay);
    Group group = new Group(client, path);
    for (int i = 0; i < 4; i++) {
      CompletableFuture<Membership> joining = group.join("one", bytes("x" + i));
      if (random.nextBoolean()) {
        client.schedule(relay::cut, Duration.ofNanos(random.nextInt(3_000_000)));
      }
      Membership membership = soon(joining);
      CompletableFuture<Void> written = membership.setData(bytes("y" + i));
      if (random.nextBoolean()) {
        client.schedule(relay::cut, Duration.ofNanos(random.nextInt(3_000_000)));
      }
      soon(written);
      assertThat(direct.getData(path + "/one").data()).isEqualTo(bytes("y" + i));
      if (random.nextBoolean()) {
        client.schedule(relay::cut, Duration.ofNanos(random.nextInt(3_000_000)));
      }
      soon(membership.leave());
      assertThat(children()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "", "..", "a\u0001"})
  void anIdHasToNameAZnode(String id) {
    assertThatThrownBy(() -> group().join(id, bytes("")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("can't name a znode");
  }

  @Test
  void nothingIsLeftAtTheServer() throws Exception {
    awaitNoWatches();
    ConclaveClient client = client();
    Group group = soon(new Group(client, path).start());
    soon(soon(group.join("one", bytes("x"))).leave());
    group.close();
    awaitNoWatches();
    assertThat(soon(client.getEphemerals("/"))).isEmpty();
    direct.create(path + "/other", null, CreateMode.PERSISTENT);
  }

  private Group group() {
    return keep(new Group(client(), path).start().join());
  }

  private static Queue<String> follow(Group group) {
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    group.onChange(
        event -> {
          if (event instanceof Group.DataChanged changed) {
            heard.add(changed.member().id() + "=" + new String(changed.member().data(), UTF_8));
          } else {
            heard.add((event instanceof Group.Joined ? "+" : "-") + event.member());
          }
        });
    return heard;
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
