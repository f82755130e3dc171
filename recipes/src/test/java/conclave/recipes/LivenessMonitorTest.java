package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.recipes.LivenessMonitor.State;
import conclave.recipes.LivenessMonitor.Status;
import conclave.testkit.Relay;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LivenessMonitorTest extends RecipeTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Time that passes when it is told to. */
  private static final class Hand extends Clock {
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());

    void turn(Duration by) {
      now.updateAndGet(then -> then.plus(by));
    }

    @Override
    public Instant instant() {
      return now.get();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private final Hand clock = new Hand();

  @Test
  void tellsWhoIsThereSinceWhen() throws Exception {
    LivenessMonitor monitor = monitor(relay(), "host-1", "host-2", "host-3");
    Queue<Status> heard = new ConcurrentLinkedQueue<>();
    monitor.onChange(heard::add);
    assertThat(monitor.isHealthy()).isFalse();
    Group group = new Group(client(), path);
    Membership one = soon(group.join("host-1", new byte[0]));
    soon(group.join("host-2", new byte[0]));
    soon(group.join("stranger", new byte[0]));
    await().atMost(SOON).until(() -> heard.size() == 3);
    clock.turn(Duration.ofMinutes(5));
    soon(one.leave());
    await().atMost(SOON).until(() -> heard.size() == 4);
    clock.turn(Duration.ofSeconds(12));
    assertThat(monitor.statuses())
        .extracting(Status::state)
        .containsExactly(State.ABSENT, State.PRESENT, State.NEVER_SEEN, State.UNEXPECTED);
    assertThat(monitor.report().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo("1 of 3 present"),
            line -> assertThat(line).isEqualTo("host-1    absent     for 12 s, has left once"),
            line -> assertThat(line).matches("host-2    present    for 5 min \\d+ s"),
            line -> assertThat(line).matches("host-3    never seen for 5 min \\d+ s"),
            line -> assertThat(line).matches("stranger  unexpected for 5 min \\d+ s"));
    soon(group.join("host-1", new byte[0]));
    soon(group.join("host-3", new byte[0]));
    await().atMost(SOON).until(monitor::isHealthy);
  }

  @Test
  void tellsWhoComesAndGoesAllTheTime() throws Exception {
    LivenessMonitor monitor = monitor(relay(), "host-1");
    Queue<Status> heard = new ConcurrentLinkedQueue<>();
    monitor.onChange(heard::add);
    Group group = new Group(client(), path);
    for (int i = 0; i < LivenessMonitor.FLAPPING_FROM; i++) {
      Membership one = soon(group.join("host-1", new byte[0]));
      // Who has left before the monitor could look was never there for it.
      int joined = 2 * i + 1;
      await().atMost(SOON).until(() -> heard.size() == joined);
      soon(one.leave());
      await().atMost(SOON).until(() -> heard.size() == joined + 1);
    }
    soon(group.join("host-1", new byte[0]));
    int all = 2 * LivenessMonitor.FLAPPING_FROM + 1;
    await().atMost(SOON).until(() -> heard.size() == all);
    assertThat(monitor.statuses()).extracting(Status::flapping).containsExactly(true);
    assertThat(monitor.isHealthy()).isFalse();
    assertThat(monitor.report()).contains("has left 3 times, flapping");
    clock.turn(LivenessMonitor.FLAPPING_WITHIN.plusSeconds(1));
    assertThat(monitor.statuses()).extracting(Status::flapping).containsExactly(false);
    assertThat(monitor.isHealthy()).isTrue();
  }

  @Test
  void saysThatItSeesNothingNew() throws Exception {
    Relay relay = relay();
    LivenessMonitor monitor = monitor(relay, "host-1");
    soon(new Group(client(), path).join("host-1", new byte[0]));
    await().atMost(SOON).until(monitor::isHealthy);
    relay.refuse();
    await().atMost(SOON).until(() -> monitor.report().contains("connection was lost"));
    clock.turn(Duration.ofHours(49));
    assertThat(monitor.report())
        .startsWith("1 of 1 present, as known 2 d 1 h ago, when the connection was lost\n");
    relay.open();
    await().atMost(SOON).until(() -> monitor.report().startsWith("1 of 1 present\n"));
  }

  private LivenessMonitor monitor(Relay relay, String... expected) throws Exception {
    return keep(
        soon(new LivenessMonitor(clientBehind(relay), path, List.of(expected), clock).start()));
  }
}
