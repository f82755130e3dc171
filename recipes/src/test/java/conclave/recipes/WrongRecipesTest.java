package conclave.recipes;

import static org.assertj.core.api.Assertions.fail;

import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.SessionEndedException;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.recipes.ContenderQueue.Verdict;
import conclave.recipes.Contention.Try;
import conclave.simulator.Guest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Recipes that are wrong in the ways in which people get them wrong: each is found within a few
 * seeds, or the simulation would be no proof of anything.
 */
class WrongRecipesTest {
  private static final int MOST_SEEDS = 20;

  /** What is wrong. */
  enum Wrong {
    /** Everybody waits for the first: each release wakes all. */
    HERD(
        11,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) ->
                    SimulatedRecipesTest.lock(
                        new Lock(
                            client,
                            queue(
                                (contenders, own) ->
                                    own == 0
                                        ? Verdict.GO
                                        : new Verdict.Behind(contenders.get(0))))))),
    /** Who comes second does not wait. */
    LETS_TWO_IN(
        1,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) ->
                    SimulatedRecipesTest.lock(
                        new Lock(
                            client,
                            queue(
                                (contenders, own) ->
                                    own <= 1
                                        ? Verdict.GO
                                        : new Verdict.Behind(contenders.get(own - 1))))))),
    /** A holder does not care for its session. */
    IGNORES_THE_LOSS(
        73,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) -> {
                  Lock lock = new Lock(client, Contention.PATH);
                  return machine -> {
                    CompletableFuture<Held> granted = lock.acquire();
                    CompletableFuture<Held> careless = new CompletableFuture<>();
                    granted.whenComplete(
                        (held, failure) -> {
                          if (held == null) {
                            careless.completeExceptionally(failure);
                          } else if (!careless.complete(new Careless(held))) {
                            held.release();
                          }
                        });
                    careless.whenComplete(
                        (held, failure) -> {
                          if (careless.isCancelled()) {
                            granted.cancel(false);
                          }
                        });
                    return Try.of(false, careless);
                  };
                })),
    /** When the answer is lost, a second znode is made beside the first. */
    MAKES_TWO_ZNODES(
        7,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) ->
                    machine ->
                        Try.of(
                            false,
                            Acquisition.start(
                                client,
                                () -> {
                                  ConclaveClient bound = Await.inOneSession(client);
                                  return new Place(bound, plain(), true).enter(makeBlindly(bound));
                                })))),
    /** The release is tried once, however that may end. */
    RELEASES_ONCE(
        1,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) -> {
                  Lock lock = new Lock(client, Contention.PATH);
                  return machine -> {
                    CompletableFuture<Held> granted = lock.acquire();
                    return new Try(
                        false,
                        granted,
                        () -> {
                          if (!granted.isDone() || granted.isCompletedExceptionally()) {
                            return CompletableFuture.completedFuture(null);
                          }
                          Place place = (Place) granted.join();
                          return place
                              .client()
                              .delete(Paths.child(Contention.PATH, place.znode()), -1)
                              .handle((gone, failure) -> null);
                        });
                  };
                })),
    /** An increment whose answer is lost is made again. */
    COUNTS_TWICE(
        11,
        members ->
            new Counting(
                5, members, client -> () -> addBlindly(client, new CompletableFuture<>()))),
    /** An increment is written whatever the number is by then. */
    COUNTS_OVER_OTHERS(
        1,
        members ->
            new Counting(5, members, client -> () -> addOver(client, new CompletableFuture<>()))),
    /** An item is taken by whoever has read it. */
    TAKES_WHAT_OTHERS_TAKE(
        1,
        members ->
            new Passing(
                5,
                members,
                client -> {
                  Queue queue = new Queue(client, Passing.PATH);
                  return new Passing.Ends() {
                    @Override
                    public CompletableFuture<Void> offer(byte[] item) {
                      return queue.offer(item);
                    }

                    @Override
                    public CompletableFuture<Passing.Taken> take(Guest machine) {
                      return takeBlindly(client, new CompletableFuture<>())
                          .thenApply(item -> new Passing.Taken(item, true));
                    }
                  };
                }));

    private final long seed;
    private final IntFunction<SimulatedUsers> users;

    /**
     * @param seed one that finds it soon; another change may make it find nothing any more
     */
    Wrong(long seed, IntFunction<SimulatedUsers> users) {
      this.seed = seed;
      this.users = users;
    }

    private boolean isFoundBy(long seed) {
      return !SimulatedRecipesTest.run(seed, users::apply, false).isGood();
    }
  }

  /** Who has it, has it. */
  private record Careless(Held held) implements Held {
    @Override
    public long token() {
      return held.token();
    }

    @Override
    public boolean isHeld() {
      return true;
    }

    @Override
    public Duration certainFor() {
      return Duration.ofDays(1);
    }

    @Override
    public CompletableFuture<Loss> lost() {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<Void> release() {
      return held.release();
    }

    @Override
    public void close() {
      held.close();
    }
  }

  private static ContenderQueue plain() {
    return ContenderQueue.oneAtATime(Contention.PATH, "lock-", null);
  }

  private static ContenderQueue queue(ContenderQueue.Rule rule) {
    return new ContenderQueue(Contention.PATH, "lock-", List.of("lock-"), rule, null);
  }

  private static CompletableFuture<Created> makeBlindly(ConclaveClient bound) {
    String path = Contention.PATH + "/_c_" + bound.runtime().newUuid() + "-lock-";
    return bound
        .create(path, null, CreateMode.EPHEMERAL_SEQUENTIAL, Acl.OPEN)
        .handle(
            (outcome, failure) -> {
              if (outcome instanceof Outcome.Done<Created> done) {
                return CompletableFuture.completedFuture(done.result());
              }
              if (outcome != null) {
                return bound
                    .ensureContainer(Contention.PATH)
                    .thenCompose(made -> makeBlindly(bound));
              }
              return ConclaveException.causeOf(failure) instanceof SessionEndedException
                  ? CompletableFuture.<Created>failedFuture(failure)
                  : makeBlindly(bound);
            })
        .thenCompose(next -> next);
  }

  private static CompletableFuture<Long> addBlindly(
      ConclaveClient client, CompletableFuture<Long> sum) {
    if (client.isEnded()) {
      sum.completeExceptionally(new IllegalStateException("ended"));
      return sum;
    }
    Runnable again = () -> client.schedule(() -> addBlindly(client, sum), Duration.ofMillis(20));
    client
        .getData(Counting.PATH)
        .whenComplete(
            (read, failure) -> {
              if (read == null) {
                again.run();
              } else if (read instanceof Outcome.Done<Node> done) {
                long next = number(done.result().data()) + 1;
                client
                    .setData(Counting.PATH, bytes(next), done.result().stat().version())
                    .whenComplete(
                        (set, lost) -> {
                          if (set instanceof Outcome.Done<?>) {
                            sum.complete(next);
                          } else {
                            again.run();
                          }
                        });
              } else {
                client
                    .create(Counting.PATH, bytes(0), CreateMode.PERSISTENT)
                    .whenComplete((made, lost) -> again.run());
              }
            });
    return sum;
  }

  private static CompletableFuture<Long> addOver(
      ConclaveClient client, CompletableFuture<Long> sum) {
    client
        .getData(Counting.PATH)
        .thenCompose(
            read -> {
              byte[] data = read.value().map(Node::data).orElse(null);
              long next = (data == null ? 0 : number(data)) + 1;
              return (data == null
                      ? client.create(Counting.PATH, bytes(next), CreateMode.PERSISTENT)
                      : client.setData(Counting.PATH, bytes(next), -1))
                  .thenApply(done -> next);
            })
        .whenComplete(
            (next, failure) -> {
              if (next != null) {
                sum.complete(next);
              } else {
                sum.completeExceptionally(failure);
              }
            });
    return sum;
  }

  private static long number(byte[] data) {
    return data.length == 0 ? 0 : ByteBuffer.wrap(data).getLong();
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static CompletableFuture<byte[]> takeBlindly(
      ConclaveClient client, CompletableFuture<byte[]> taken) {
    if (client.isEnded()) {
      taken.completeExceptionally(new IllegalStateException("ended"));
      return taken;
    }
    Runnable again = () -> client.schedule(() -> takeBlindly(client, taken), Duration.ofMillis(50));
    client
        .getChildren(Passing.PATH)
        .whenComplete(
            (children, failure) -> {
              List<String> names =
                  children == null
                      ? List.of()
                      : children.value().map(all -> all.names()).orElse(List.of());
              if (names.isEmpty()) {
                again.run();
                return;
              }
              String first = Paths.child(Passing.PATH, names.stream().sorted().toList().get(0));
              client
                  .getData(first)
                  .whenComplete(
                      (read, lost) -> {
                        if (read instanceof Outcome.Done<Node> done) {
                          // Whether it was this client that has deleted it, it does not ask.
                          client
                              .delete(first, -1)
                              .whenComplete(
                                  (gone, nothing) -> taken.complete(done.result().data()));
                        } else {
                          again.run();
                        }
                      });
            });
    return taken;
  }

  @ParameterizedTest
  @EnumSource
  void isFound(Wrong wrong) {
    if (!wrong.isFoundBy(wrong.seed)
        && LongStream.rangeClosed(1, MOST_SEEDS).noneMatch(wrong::isFoundBy)) {
      fail("nobody noticed: " + wrong);
    }
  }
}
