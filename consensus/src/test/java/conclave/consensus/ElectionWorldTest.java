package conclave.consensus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole ensembles that elect, on a network out of a seed. */
class ElectionWorldTest {

  /** After faults of every kind, for a while, whoever can follows one leader within this time. */
  private static final long HEALED_MS = 15_000;

  @Property(tries = 60, shrinking = ShrinkingMode.OFF)
  void afterFaultsAllFollowOneLeader(
      @ForAll long seed,
      @ForAll @IntRange(min = 3, max = 7) int voters,
      @ForAll @IntRange(min = 0, max = 2) int observers,
      @ForAll @IntRange(min = 1, max = 150) int maxDelayMs,
      @ForAll boolean grouped) {
    Random random = new Random(seed);
    ElectionWorld world =
        new ElectionWorld(membership(voters, observers, grouped, random), random, maxDelayMs);
    List<ElectionWorld.Server> servers = new ArrayList<>(world.servers.values());
    servers.forEach(
        server ->
            world.at(
                random.nextInt(500),
                () -> {
                  if (!server.alive) {
                    server.start();
                  }
                }));
    for (int i = 0; i < 60; i++) {
      world.run(world.nowMs + random.nextInt(1500));
      fault(world, servers, random);
      assertThat(world.wrong).as(world.state()).isEmpty();
    }
    for (ElectionWorld.Server one : servers) {
      servers.forEach(other -> world.heal(one.id, other.id));
      if (!one.alive) {
        one.start();
      }
    }
    world.run(world.nowMs + HEALED_MS);
    assertThat(world.isOne()).as(world.state()).isTrue();
    assertThat(world.wrong).as(world.state()).isEmpty();
    long leader = servers.get(0).leader;
    long epoch = world.servers.get(leader).currentEpoch;
    world.run(world.nowMs + 20_000);
    assertThat(world.isOne()).as(world.state()).isTrue();
    assertThat(world.servers.get(leader).currentEpoch).isEqualTo(epoch);
  }

  private static void fault(
      ElectionWorld world, List<ElectionWorld.Server> servers, Random random) {
    ElectionWorld.Server one = servers.get(random.nextInt(servers.size()));
    ElectionWorld.Server other = servers.get(random.nextInt(servers.size()));
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        if (one != other) {
          world.cut(one.id, other.id);
        }
      }
      case 2 -> world.heal(one.id, other.id);
      case 3 -> servers.forEach(each -> world.heal(one.id, each.id));
      default -> {
        if (one.alive) {
          one.crash();
        } else {
          one.start();
        }
      }
    }
  }

  private static Membership membership(int voters, int observers, boolean grouped, Random random) {
    StringBuilder text = new StringBuilder();
    for (int id = 1; id <= voters + observers; id++) {
      text.append("server." + id + "=a:1:2:" + (id > voters ? "observer\n" : "participant\n"));
    }
    if (grouped) {
      for (int group = 0; group < 3; group++) {
        List<String> ids = new ArrayList<>();
        for (int id = 1; id <= voters; id++) {
          if (id % 3 == group) {
            ids.add("" + id);
          }
        }
        text.append("group." + (group + 1) + "=" + String.join(":", ids) + "\n");
      }
      // The first of each group weighs something, the others perhaps.
      for (int id = 4; id <= voters; id++) {
        text.append("weight." + id + "=" + random.nextInt(3) + "\n");
      }
    }
    return Membership.parse(text.toString());
  }

  /** The reason for not waiting: the time without a leader is a round trip or two. */
  @ParameterizedTest
  @ValueSource(ints = {3, 5, 7})
  void aLostLeaderIsReplacedInAFewRoundTrips(int voters) {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      int delayMs = 2;
      ElectionWorld world =
          new ElectionWorld(membership(voters, 0, false, random), random, delayMs);
      world.servers.values().forEach(ElectionWorld.Server::start);
      world.run(2000);
      assertThat(world.isOne()).as(world.state()).isTrue();
      ElectionWorld.Server lost = world.servers.get(world.servers.get(1L).leader);
      lost.crash();
      // They learn of it a little after each other.
      for (ElectionWorld.Server server : world.servers.values()) {
        if (server != lost) {
          world.at(
              random.nextInt(10),
              () -> {
                if (server.leader == lost.id) {
                  server.look();
                }
              });
        }
      }
      world.run(2000 + 10 + 5 * delayMs + 5);
      for (ElectionWorld.Server server : world.servers.values()) {
        if (server != lost) {
          assertThat(server.leader).as("seed %s: %s", seed, world.state()).isNotIn(-1L, lost.id);
        }
      }
    }
  }

  @Test
  void aColdStartWaitsForTheBestHistory() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      ElectionWorld world = new ElectionWorld(membership(5, 0, false, random), random, 5);
      long best = 1L + random.nextInt(5);
      world.servers.get(best).zxid = 7;
      // All are started together, so that nobody's port is refused; links come up by and by.
      world.servers.values().forEach(server -> server.alive = true);
      world.servers.values().forEach(ElectionWorld.Server::start);
      world.run(2000);
      assertThat(world.isOne()).as(world.state()).isTrue();
      assertThat(world.servers.get(1L).leader)
          .as("seed %s: %s", seed, world.state())
          .isEqualTo(best);
    }
  }
}
