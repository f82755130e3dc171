package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionGroupTest extends RecipeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Who works on which partition, over all consumers; a second one at the same is a violation. */
  private static final class Judge {
    private final Map<Partition, String> working = new HashMap<>();
    private final Map<Partition, Long> tokens = new HashMap<>();
    private final List<String> violations = new CopyOnWriteArrayList<>();

    synchronized void begins(Partition partition, String who, long token) {
      String other = working.put(partition, who);
      Long before = tokens.put(partition, token);
      if (other != null) {
        violations.add(partition + ": " + who + " begins while " + other + " is at it");
      }
      if (before != null && before >= token) {
        violations.add(partition + ": token " + token + " of " + who + " after " + before);
      }
    }

    synchronized void ends(Partition partition, String who) {
      if (!working.remove(partition, who)) {
        violations.add(partition + ": " + who + " ends what it is not at");
      }
    }
  }

  private final Judge judge = new Judge();

  @AfterEach
  void neverTwoOwners() {
    assertThat(judge.violations).isEmpty();
  }

  @Test
  void everyPartitionHasOneConsumerAndTheSpareOnesAreIdle() throws Exception {
    PartitionGroup group = new PartitionGroup(client(), path);
    soon(group.declareTopic("orders", 3));
    soon(group.declareTopic("bills-2", 2));
    PartitionConsumer one = join(client(), "one");
    await().atMost(SOON).until(() -> one.owned().size() == 5);
    assertThat(one.isPlanner()).isTrue();

    PartitionConsumer two = join(client(), "two");
    await().atMost(SOON).until(() -> one.owned().size() == 3 && two.owned().size() == 2);
    SortedMap<Partition, Long> kept = one.owned();
    List<PartitionConsumer> more = new ArrayList<>(List.of(one, two));
    for (int i = 0; i < 5; i++) {
      more.add(join(client(), "more-" + i));
    }
    await().atMost(SOON).until(() -> more.stream().filter(c -> c.owned().size() == 1).count() == 5);
    assertThat(more.stream().filter(c -> c.owned().isEmpty())).hasSize(2);
    assertThat(kept.entrySet()).containsAll(one.owned().entrySet());
    await().atMost(SOON).until(() -> soon(group.owners()).size() == 5);
    Partition first = one.owned().firstKey();
    assertThat(soon(group.owners()).get(first))
        .isEqualTo(new PartitionGroup.Owner("one", one.owned().get(first)));
  }

  @Test
  void topicsComeGrowAndGo() throws Exception {
    PartitionGroup group = new PartitionGroup(client(), path);
    PartitionConsumer one = join(client(), "one");
    PartitionConsumer two = join(client(), "two");
    soon(group.declareTopic("orders", 1));
    await().atMost(SOON).until(() -> one.owned().size() + two.owned().size() == 1);
    soon(group.declareTopic("orders", 4));
    await().atMost(SOON).until(() -> one.owned().size() == 2 && two.owned().size() == 2);
    soon(group.removeTopic("orders"));
    await().atMost(SOON).until(() -> one.owned().isEmpty() && two.owned().isEmpty());
    soon(group.removeTopic("orders"));
    assertThat(children(path + "/owners")).isEmpty();
    assertThatThrownBy(() -> group.declareTopic("a/b", 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> group.declareTopic("none", 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whoLeavesGivesBackWhenItsWorkIsDone() throws Exception {
    soon(new PartitionGroup(client(), path).declareTopic("orders", 2));
    PartitionConsumer one = join(client(), "one");
    await().atMost(SOON).until(() -> one.owned().size() == 2);
    CompletableFuture<Void> slowly = new CompletableFuture<>();
    Working listener = new Working("two", slowly);
    PartitionConsumer two = soon(new PartitionGroup(client(), path).join("two", listener));
    await().atMost(SOON).until(() -> two.owned().size() == 1);
    CompletableFuture<Void> left = two.leave();
    await().atMost(SOON).until(() -> listener.asked);
    assertThat(left).isNotDone();
    assertThat(one.owned()).hasSize(1);
    slowly.complete(null);
    soon(left);
    await().atMost(SOON).until(() -> one.owned().size() == 2);
    assertThat(children(path + "/members")).containsExactly("one");
  }

  /** The planner is the one whose session is lost, so that somebody else has to plan. */
  @Test
  void whoLosesItsSessionStopsBeforeAnotherBegins() throws Exception {
    soon(new PartitionGroup(client(), path).declareTopic("orders", 4));
    Relay relay = relay();
    PartitionConsumer one = join(clientBehind(relay), "one");
    await().atMost(SOON).until(() -> one.owned().size() == 4);
    PartitionConsumer two = join(client(), "two");
    PartitionConsumer three = join(client(), "three");
    await().atMost(SOON).until(() -> two.owned().size() + three.owned().size() == 2);
    for (int i = 0; i < 2; i++) {
      if (i == 0) {
        relay.refuse();
      } else {
        relay.stall();
      }
      await().atMost(SOON).until(() -> two.owned().size() == 2 && three.owned().size() == 2);
      assertThat(one.owned()).isEmpty();
      relay.open();
      await()
          .atMost(SOON)
          .until(
              () ->
                  !one.owned().isEmpty()
                      && one.owned().size() + two.owned().size() + three.owned().size() == 4);
    }
  }

  @Test
  void cutsInTheMiddleOfEverything() throws Exception {
    soon(new PartitionGroup(client(), path).declareTopic("orders", 6));
    Relay relay = relay();
    List<PartitionConsumer> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(join(steadyBehind(relay), "c" + i));
      relay.cut();
    }
    PartitionConsumer steady = join(client(), "steady");
    all.add(steady);
    for (int i = 0; i < 3; i++) {
      all.add(join(steadyBehind(relay), "d" + i));
      relay.cut();
      PartitionConsumer leaving = all.remove(0);
      leaving.leave();
      relay.cut();
    }
    await()
        .atMost(SOON)
        .until(
            () ->
                all.stream().mapToInt(c -> c.owned().size()).sum() == 6
                    && all.stream().noneMatch(c -> c.owned().size() > 2));
  }

  @Test
  void anAssignmentIsReadAsItIsWritten() {
    SortedMap<Partition, String> assignment = new TreeMap<>();
    assignment.put(new Partition("a-1", 0), "x");
    assignment.put(new Partition("a-1", 3), "y");
    assignment.put(new Partition("b", 1), "x");
    String json =
        new String(
            PartitionGroup.writeAssignment(assignment), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(json).isEqualTo("{\"a-1\":[\"x\",null,null,\"y\"],\"b\":[null,\"x\"]}");
    assertThat(PartitionGroup.readAssignment(json)).isEqualTo(assignment);
    assertThat(Partition.parse("a-1-3")).isEqualTo(new Partition("a-1", 3));
  }

  private PartitionConsumer join(ConclaveClient client, String id) throws Exception {
    return soon(
        new PartitionGroup(client, path)
            .join(id, new Working(id, CompletableFuture.completedFuture(null))));
  }

  private final class Working implements PartitionConsumer.Listener {
    private final String id;
    private final CompletableFuture<Void> finishing;
    private volatile boolean asked;

    Working(String id, CompletableFuture<Void> finishing) {
      this.id = id;
      this.finishing = finishing;
    }

    @Override
    public void assigned(Partition partition, long token) {
      judge.begins(partition, id, token);
    }

    @Override
    public CompletableFuture<Void> revoked(Partition partition) {
      asked = true;
      return finishing.thenRun(() -> judge.ends(partition, id));
    }

    @Override
    public void lost(Partition partition) {
      judge.ends(partition, id);
    }
  }
}
