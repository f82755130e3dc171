package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Contention.Try;
import conclave.simulator.Guest;
import conclave.simulator.Options;
import conclave.simulator.Simulation;
import conclave.simulator.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/**
 * Recipes on the client of production in simulated worlds: what goes wrong there comes from the
 * seed, at the members and at the users, who stand still, end, and are cut off at any moment.
 *
 * <p>{@code -Dsimulated.seeds=N} runs so many for each recipe, {@code -Dsimulated.seed=S} that one
 * alone, and {@code -Dsimulated.trace=true} prints what happens.
 */
class SimulatedRecipesTest {
  private static final int USERS = 5;

  static Verdict run(long seed, IntFunction<SimulatedUsers> users, boolean trace) {
    Options options = Options.plain(seed, 40_000);
    int members = seed % 4 == 0 ? 5 : 3;
    options = options.withMembers(members, 0).withLoad(1, 2_000, 1).withSyncLimit(2);
    return Simulation.run(
        seed, options, users.apply(members), 1_500, trace ? System.out::println : null);
  }

  static SimulatedUsers locks(int members) {
    return contention(members, (client, user) -> lock(new Lock(client, Contention.PATH)));
  }

  static Contention contention(int members, Contention.Recipe recipe) {
    return new Contention(USERS, members, recipe, 1, true);
  }

  static Contention.Door lock(Lock lock) {
    return machine ->
        machine.random().nextInt(6) == 0
            ? soon(machine, lock::tryAcquire)
            : Try.of(false, lock.acquire());
  }

  /** With a time limit, which may be over. */
  private static Try soon(
      Guest machine, Function<Duration, CompletableFuture<Optional<Held>>> tries) {
    CompletableFuture<Held> granted = new CompletableFuture<>();
    tries
        .apply(Duration.ofMillis(machine.random().nextInt(3) * 500L))
        .whenComplete(
            (held, failure) -> {
              if (failure != null) {
                granted.completeExceptionally(failure);
              } else if (held.isEmpty()) {
                granted.cancel(false);
              } else if (!granted.complete(held.get())) {
                held.get().release();
              }
            });
    return Try.of(false, granted);
  }

  static SimulatedUsers readersAndWriters(int members) {
    return new Contention(
        USERS,
        members,
        (client, user) -> {
          ReadWriteLock lock = new ReadWriteLock(client, Contention.PATH);
          return machine -> {
            boolean reads = machine.random().nextInt(3) > 0;
            return Try.of(reads, (reads ? lock.read() : lock.write()).acquire());
          };
        },
        1,
        false);
  }

  static SimulatedUsers semaphores(int members) {
    return new Contention(
        USERS,
        members,
        (client, user) -> {
          Semaphore semaphore = new Semaphore(client, Contention.PATH, 2);
          return machine -> Try.of(false, semaphore.acquire());
        },
        2,
        false);
  }

  static SimulatedUsers latches(int members) {
    return contention(
        members,
        (client, user) ->
            machine -> {
              LeaderLatch latch = new LeaderLatch(client, Contention.PATH, "user-" + user);
              latch.start();
              return new Try(false, latch.elected(), latch::resign);
            });
  }

  static SimulatedUsers counters(int members) {
    return new Counting(USERS, members, client -> new Counter(client, Counting.PATH)::increment);
  }

  static SimulatedUsers queues(int members) {
    return new Passing(USERS, members, client -> Passing.ends(new Queue(client, Passing.PATH)));
  }

  static SimulatedUsers reliableQueues(int members) {
    return new Passing(
        USERS,
        members,
        client -> {
          ReliableQueue queue = new ReliableQueue(client, Passing.PATH, Passing.PATH + "-locks");
          return new Passing.Ends() {
            @Override
            public CompletableFuture<Void> offer(byte[] item) {
              return queue.offer(item);
            }

            @Override
            public CompletableFuture<Passing.Taken> take(Guest machine) {
              return queue.take().thenCompose(delivery -> deal(machine, delivery));
            }
          };
        });
  }

  /** Only who is told that it is done has dealt with an item for good. */
  private static CompletableFuture<Passing.Taken> deal(
      Guest machine, ReliableQueue.Delivery delivery) {
    CompletableFuture<Passing.Taken> dealt = new CompletableFuture<>();
    machine.after(
        Duration.ofMillis(machine.random().nextInt(400)).toNanos(),
        () ->
            delivery
                .done()
                .whenComplete(
                    (done, failure) -> {
                      if (failure != null) {
                        dealt.completeExceptionally(failure);
                      } else {
                        dealt.complete(new Passing.Taken(delivery.item(), done));
                      }
                    }));
    return dealt;
  }

  static SimulatedUsers partitions(int members) {
    return new Sharing(USERS, members);
  }

  @Test
  void partitionGroup() {
    check(SimulatedRecipesTest::partitions);
  }

  @Test
  void lock() {
    check(SimulatedRecipesTest::locks);
  }

  @Test
  void readWriteLock() {
    check(SimulatedRecipesTest::readersAndWriters);
  }

  @Test
  void semaphore() {
    check(SimulatedRecipesTest::semaphores);
  }

  @Test
  void leaderLatch() {
    check(SimulatedRecipesTest::latches);
  }

  @Test
  void counter() {
    check(SimulatedRecipesTest::counters);
  }

  @Test
  void queue() {
    check(SimulatedRecipesTest::queues);
  }

  @Test
  void reliableQueue() {
    check(SimulatedRecipesTest::reliableQueues);
  }

  @Test
  void theSameSeedIsTheSameRun() {
    for (IntFunction<SimulatedUsers> users :
        List.<IntFunction<SimulatedUsers>>of(
            SimulatedRecipesTest::semaphores, SimulatedRecipesTest::reliableQueues)) {
      assertThat(run(5, users, false).trace()).isEqualTo(run(5, users, false).trace());
    }
  }

  static void check(IntFunction<SimulatedUsers> users) {
    long only = Long.getLong("simulated.seed", -1);
    long first = only < 0 ? 1 : only;
    int count = only < 0 ? Integer.getInteger("simulated.seeds", 2) : 1;
    List<String> broken = new ArrayList<>();
    for (long seed = first; seed < first + count; seed++) {
      Verdict verdict = run(seed, users, Boolean.getBoolean("simulated.trace"));
      if (!verdict.isGood()) {
        broken.add("seed " + seed + ": " + verdict.violation());
      }
    }
    assertThat(broken).as("-Dsimulated.seed=S -Dsimulated.trace=true repeats one").isEmpty();
  }
}
