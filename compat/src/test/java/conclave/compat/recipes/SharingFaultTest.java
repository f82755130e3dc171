package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.Group;
import conclave.recipes.Membership;
import conclave.recipes.PartitionGroup;
import conclave.recipes.Task;
import conclave.recipes.TaskDistribution;
import conclave.recipes.TaskResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Groups, partitions and tasks, when processes die and stand still and connections break. */
final class SharingFaultTest extends FaultTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private ActorProcess actor(String role, String name) throws InterruptedException {
    ActorProcess actor = actor(SharingActor.class, role, name);
    actor.await("joined");
    return actor;
  }

  @Test
  void aGroupForgetsTheDeadAndTakesBackWhoStoodStill() throws Exception {
    Group group = keep(soon(new Group(client(), path).start()));
    ActorProcess dies = actor("member", "dies");
    ActorProcess stops = actor("member", "stops");
    soon(group.when(members -> members.keySet().equals(java.util.Set.of("dies", "stops"))));
    long before = group.member("stops").orElseThrow().token();

    dies.kill();
    expire(dies);
    stops.pause();
    expire(stops);
    soon(group.when(members -> members.isEmpty()));
    stops.resume();

    soon(group.when(members -> members.containsKey("stops")));
    assertThat(group.members()).containsOnlyKeys("stops");
    assertThat(group.member("stops").orElseThrow().token()).isGreaterThan(before);
  }

  @Test
  void aPartitionOfADeadConsumerGoesToAnother() throws Exception {
    PartitionGroup group = new PartitionGroup(client(), path);
    soon(group.declareTopic("t", 2));
    ActorProcess first = actor("consumer", "first");
    first.await("assigned t-0");
    first.await("assigned t-1");
    ActorProcess second = actor("consumer", "second");
    second.await("assigned");
    ActorProcess third = actor("consumer", "third");

    first.kill();
    expire(first);

    await()
        .atMost(SOON)
        .until(
            () ->
                List.of("second", "third")
                        .containsAll(
                            soon(group.owners()).values().stream().map(o -> o.id()).toList())
                    && soon(group.owners()).size() == 2);
    second.kill();
    expire(second);
    third.await("assigned");
    third.await("assigned");
    assertThat(resource.overlaps()).isEmpty();
    assertThat(resource.refused()).isEmpty();
  }

  @Test
  void aConsumerThatStoodStillIsToldThatItHasLost() throws Exception {
    soon(new PartitionGroup(client(), path).declareTopic("t", 1));
    ActorProcess first = actor("consumer", "first");
    long token = Long.parseLong(first.await("assigned t-0"));
    ActorProcess second = actor("consumer", "second");

    first.pause();
    expire(first);
    assertThat(Long.parseLong(second.await("assigned t-0"))).isGreaterThan(token);
    first.resume();

    first.await("lost t-0");
    assertThat(resource.visits())
        .extracting(Resource.Visit::who)
        .containsExactly("first", "second");
  }

  /**
   * By clocks that run at the same speed. A process that gets no processor at that very moment
   * stops too late, which is what tokens are for: so one of three must do for this.
   */
  @Test
  void aConsumerWithoutANetworkStopsBeforeAnotherBegins() throws Exception {
    List<String> overlaps = cutOffAConsumer();
    for (int again = 0; again < 2 && !overlaps.isEmpty(); again++) {
      path += "-again";
      resource = keep(new Resource());
      overlaps = cutOffAConsumer();
    }
    assertThat(overlaps).isEmpty();
  }

  private List<String> cutOffAConsumer() throws Exception {
    soon(new PartitionGroup(client(), path).declareTopic("t", 1));
    FrameRelay relay = relay();
    ActorProcess first = shortLived(relay.connectString(), SharingActor.class, "consumer", "first");
    first.await("assigned t-0");
    ActorProcess second = actor("consumer", "second");

    relay.refuse();

    second.await("assigned t-0");
    first.await("lost t-0");
    return resource.overlaps();
  }

  @Test
  void theTasksOfADeadWorkerAreDoneByAnother() throws Exception {
    TaskDistribution work = new TaskDistribution(client(), path);
    soon(work.dispatch("d"));
    ActorProcess dies = actor("worker", "dies");
    Task hangs = soon(work.submit("hang".getBytes(UTF_8)));
    dies.await("begun");
    ActorProcess lives = actor("worker", "lives");

    dies.kill();
    expire(dies);

    assertThat(lives.await("begun")).isEqualTo(hangs.name());
    Task next = soon(work.submit("x".getBytes(UTF_8)));
    TaskResult.Done done = (TaskResult.Done) soon(next.result());
    assertThat(new String(done.data(), UTF_8)).isEqualTo("lives");
    assertThat(soon(work.pending())).containsExactly(hangs.name());
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfBeingAMember(Fault fault) throws Exception {
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              try (ConclaveClient unlucky = unlucky(relay)) {
                Membership mine = soon(new Group(unlucky, path).join("me", new byte[] {1}));
                soon(mine.setData(new byte[] {2}));
                assertThat(direct.getData(path + "/me").data()).isEqualTo(new byte[] {2});
                soon(mine.leave());
                awaitChildren(path, 0);
              }
            });
    assertThat(steps).isGreaterThanOrEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfDoingATask(Fault fault) throws Exception {
    ConclaveClient steady = client();
    atEachStep(
        fault,
        (relay, path) -> {
          TaskDistribution work = new TaskDistribution(steady, path);
          soon(work.dispatch("d"));
          try (ConclaveClient unlucky = unlucky(relay)) {
            TaskDistribution far = new TaskDistribution(unlucky, path);
            soon(
                far.work(
                    "w",
                    1,
                    Runnable::run,
                    job -> java.util.concurrent.CompletableFuture.completedFuture(job.payload())));
            Task task = soon(far.submit(new byte[] {7}));
            assertThat(((TaskResult.Done) soon(task.result())).data()).isEqualTo(new byte[] {7});
            assertThat(soon(work.pending())).isEmpty();
            soon(task.forget());
          }
        });
  }
}
