package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.recipes.Contention.Try;
import conclave.simulator.Guest;
import conclave.simulator.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * More recipes in simulated worlds, with the same properties as {@link SimulatedRecipesTest}: those
 * by which users meet, agree, and tell each other something.
 */
class SimulatedMeetingsTest {
  private static final int USERS = 5;

  /** A recipe, and seeds that have found something in it. */
  enum Recipe {
    BARRIER(
        members ->
            new Gating(USERS, members, (client, path) -> new Barrier(client, path).awaitRemoval()),
        9,
        10,
        20),
    DOUBLE_BARRIER(
        members ->
            new Meeting(
                USERS,
                members,
                (client, path) ->
                    Meeting.Member.of(new DoubleBarrier(client, path, Meeting.NEEDED))),
        27,
        150),
    GATHERING_QUEUE(
        members ->
            new Gathering(
                USERS,
                members,
                (client, path, data) ->
                    new GatheringQueue(client, path, Gathering.SIZE).join(data))),
    TWO_PHASE_COMMIT(members -> new Deciding(USERS, members, Deciding.plain())),
    PUBLISH_SUBSCRIBE(members -> new Publishing(USERS, members, Publishing.plain())),
    CONFIGURATION(
        members ->
            new Configuring(
                USERS, members, (client, config, value) -> config.set(Configuring.SETTING, value))),
    PRIORITY_QUEUE(members -> priorities(members, PriorityQueue::offer), 10),
    DELAY_QUEUE(members -> delays(members, client -> new DelayQueue(client, Passing.PATH)::take)),
    MULTI_LOCK(
        members ->
            SimulatedRecipesTest.contention(
                members, (client, user) -> machine -> locks(client, List.of("a", "b", "c")))),
    LEADER_SELECTOR(
        members ->
            SimulatedRecipesTest.contention(
                members, (client, user) -> machine -> leadership(client, "user-" + user)));

    final IntFunction<SimulatedUsers> users;
    final long[] found;

    Recipe(IntFunction<SimulatedUsers> users, long... found) {
      this.users = users;
      this.found = found;
    }
  }

  static SimulatedUsers priorities(int members, Urgency.Offer offer) {
    return new Passing(USERS, members, new Urgency(offer)::open);
  }

  /** How one process takes. */
  interface Taker {
    CompletableFuture<byte[]> take();
  }

  /** How a process begins to take. */
  interface Takers {
    Taker open(ConclaveClient client);
  }

  static SimulatedUsers delays(int members, Takers takers) {
    Map<String, Long> due = new HashMap<>();
    return new Passing(
        USERS,
        members,
        client -> {
          DelayQueue queue = new DelayQueue(client, Passing.PATH);
          Taker taker = takers.open(client);
          return new Passing.Ends() {
            @Override
            public CompletableFuture<Void> offer(byte[] item) {
              String name = new String(item, UTF_8);
              long dueMs = client.runtime().currentTimeMs() + Math.floorMod(name.hashCode(), 3_000);
              due.put(name, dueMs);
              return queue.offer(item, Instant.ofEpochMilli(dueMs));
            }

            @Override
            public CompletableFuture<Passing.Taken> take(Guest machine) {
              return taker
                  .take()
                  .thenApply(
                      item -> {
                        Long dueMs = due.get(new String(item, UTF_8));
                        if (dueMs == null || machine.currentTimeMs() < dueMs) {
                          machine.fail(
                              "nothing is handed out before its time",
                              "due=" + dueMs + " now=" + machine.currentTimeMs());
                        }
                        return new Passing.Taken(item, true);
                      });
            }
          };
        });
  }

  static Try locks(ConclaveClient client, List<String> names) {
    List<Lock> locks = new ArrayList<>();
    names.forEach(name -> locks.add(new Lock(client, Contention.PATH + "/" + name)));
    CompletableFuture<MultiLock.Locks> acquiring = new MultiLock(client, locks).acquire();
    CompletableFuture<Held> granted = new CompletableFuture<>();
    acquiring.whenComplete(
        (held, failure) -> {
          if (failure != null) {
            granted.completeExceptionally(failure);
          } else if (!granted.complete(held)) {
            held.release();
          }
        });
    granted.whenComplete(
        (held, failure) -> {
          if (granted.isCancelled()) {
            acquiring.cancel(false);
          }
        });
    return Try.of(false, granted);
  }

  static Try leadership(ConclaveClient client, String name) {
    CompletableFuture<Held> granted = new CompletableFuture<>();
    CompletableFuture<Void> working = new CompletableFuture<>();
    LeaderSelector selector =
        new LeaderSelector(
            client,
            Contention.PATH,
            name,
            term -> {
              // Whoever has had its turn, or does not want it any more, gives it to the next.
              return granted.complete(term) ? working : CompletableFuture.completedFuture(null);
            });
    selector.start();
    return new Try(
        false,
        granted,
        () -> {
          working.complete(null);
          return selector.resign();
        });
  }

  @ParameterizedTest
  @EnumSource
  void keepsItsPromises(Recipe recipe) {
    SimulatedRecipesTest.check(recipe.users);
    List<String> broken = new ArrayList<>();
    for (long seed : recipe.found) {
      Verdict verdict = SimulatedRecipesTest.run(seed, recipe.users, false);
      if (!verdict.isGood()) {
        broken.add("seed " + seed + ": " + verdict.violation());
      }
    }
    assertThat(broken).isEmpty();
  }
}
