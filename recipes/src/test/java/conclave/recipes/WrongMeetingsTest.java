package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.fail;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import conclave.recipes.Configuration.Revision;
import conclave.recipes.GatheringQueue.Start;
import conclave.simulator.Guest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The recipes of {@link SimulatedMeetingsTest} in ways in which people get them wrong: each is
 * found within a few seeds.
 */
class WrongMeetingsTest {
  private static final int USERS = 5;
  private static final int MOST_SEEDS = 40;

  /** What is wrong. */
  enum Wrong {
    /** Who is told that the connection is lost takes it for the news that it waits for. */
    PASSES_WHEN_CUT_OFF(
        12,
        members ->
            new Gating(
                USERS,
                members,
                (client, path) ->
                    client
                        .existsAndWatch(path)
                        .thenCompose(
                            watched ->
                                watched.value().isEmpty()
                                    ? CompletableFuture.completedFuture(null)
                                    : watched.event().handle((event, failure) -> null))
                        .handle((passed, failure) -> null))),
    /** What a server that lags behind does not know of is taken not to be there. */
    BELIEVES_ANY_SERVER(
        9, members -> new Gating(USERS, members, (client, path) -> Gone.await(client, path))),
    /** One too few is enough. */
    BEGINS_WITH_TWO(
        1,
        members ->
            new Meeting(
                USERS,
                members,
                (client, path) ->
                    Meeting.Member.of(new DoubleBarrier(client, path, Meeting.NEEDED - 1)))),
    /** Nobody waits for the others to be done. */
    LEAVES_ALONE(
        1,
        members ->
            new Meeting(
                USERS,
                members,
                (client, path) -> {
                  DoubleBarrier barrier = new DoubleBarrier(client, path, Meeting.NEEDED);
                  return new Meeting.Member() {
                    @Override
                    public CompletableFuture<Void> enter() {
                      return barrier.enter();
                    }

                    @Override
                    public CompletableFuture<Void> leave() {
                      return barrier.leave(Duration.ofMillis(5)).thenApply(others -> null);
                    }
                  };
                })),
    /** Everybody looks for itself who is there. */
    EACH_HAS_ITS_OWN_LIST(
        1,
        members ->
            new Gathering(
                USERS,
                members,
                (client, path, data) -> joinAlone(client, path, data, new CompletableFuture<>()))),
    /** Who has said yes and hears nothing for a while believes that it came to nothing. */
    LOSES_PATIENCE(
        3,
        members ->
            new Deciding(
                USERS,
                members,
                new Deciding.Recipe() {
                  @Override
                  public void participate(
                      ConclaveClient client,
                      Guest machine,
                      String name,
                      TwoPhaseCommit.Participant participant) {
                    Deciding.plain()
                        .participate(client, machine, name, new Impatient(client, participant));
                  }

                  @Override
                  public CompletableFuture<TwoPhaseCommit.Decision> propose(
                      ConclaveClient client,
                      byte[] proposal,
                      Set<String> participants,
                      Duration within) {
                    return Deciding.plain().propose(client, proposal, participants, within);
                  }
                })),
    /** How far a subscriber has come is written before it has dealt with the message. */
    FORGETS_WHAT_IT_WAS_DOING(
        1,
        members ->
            new Publishing(
                USERS,
                members,
                new Publishing.Recipe() {
                  @Override
                  public CompletableFuture<Void> deal(CompletableFuture<Void> dealing) {
                    return CompletableFuture.completedFuture(null);
                  }

                  @Override
                  public PublishSubscribe topic(ConclaveClient client) {
                    return Publishing.plain().topic(client);
                  }
                })),
    /** A change whose answer is lost is made again. */
    CHANGES_TWICE(
        1,
        members ->
            new Configuring(USERS, members, (client, config, value) -> setBlindly(client, value))),
    /** Negative numbers are written as they are, and come behind all others. */
    SORTS_BY_DIGITS(
        2,
        members ->
            SimulatedMeetingsTest.priorities(
                members,
                (queue, item, priority) ->
                    queue.add(
                        ItemCodec.PREFIX + String.format(Locale.ROOT, "%09X", priority),
                        ItemCodec.encode(item)))),
    /** Nobody looks when an item is due. */
    TAKES_TOO_EARLY(
        1,
        members ->
            SimulatedMeetingsTest.delays(
                members, client -> new PriorityQueue(client, Passing.PATH)::take)),
    /** Locks are asked for in any order. */
    CROSSES(
        1,
        members ->
            SimulatedRecipesTest.contention(
                members,
                (client, user) ->
                    machine ->
                        SimulatedMeetingsTest.locks(
                            client, user % 2 == 0 ? List.of("a", "b") : List.of("b", "a"))));

    private final long foundBy;
    private final IntFunction<SimulatedUsers> users;

    /**
     * @param foundBy the first seed; other code may need another one, which is then looked for
     */
    Wrong(long foundBy, IntFunction<SimulatedUsers> users) {
      this.foundBy = foundBy;
      this.users = users;
    }
  }

  /** Gives up by itself. */
  private static final class Impatient implements TwoPhaseCommit.Participant {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ConclaveClient client;
    private final TwoPhaseCommit.Participant participant;
    private final Set<String> told = new HashSet<>();

    Impatient(ConclaveClient client, TwoPhaseCommit.Participant participant) {
      this.client = client;
      this.participant = participant;
    }

    @Override
    public CompletionStage<Boolean> prepare(String id, byte[] proposal) {
      return participant
          .prepare(id, proposal)
          .whenComplete(
              (yes, failure) ->
                  client.schedule(
                      () -> {
                        if (!told.contains(id)) {
                          participant.abort(id, proposal);
                        }
                      },
                      PATIENCE));
    }

    @Override
    public CompletionStage<?> commit(String id, byte[] proposal) {
      told.add(id);
      return participant.commit(id, proposal);
    }

    @Override
    public CompletionStage<?> abort(String id, byte[] proposal) {
      told.add(id);
      return participant.abort(id, proposal);
    }
  }

  /** The first ones of those who are there when one looks. */
  private static CompletableFuture<Start> joinAlone(
      ConclaveClient client, String path, byte[] data, CompletableFuture<Start> result) {
    String mine = "member-" + client.runtime().newUuid();
    Trouble.untilAnswered(client, () -> client.ensurePath(path))
        .thenCompose(
            made ->
                Trouble.untilAnswered(
                    client,
                    () -> client.create(Paths.child(path, mine), data, CreateMode.PERSISTENT)))
        .whenComplete(
            (made, failure) -> {
              if (failure == null) {
                look(client, path, mine, result);
              } else {
                result.completeExceptionally(failure);
              }
            });
    return result;
  }

  private static void look(
      ConclaveClient client, String path, String mine, CompletableFuture<Start> result) {
    Trouble.untilAnswered(client, () -> client.getChildren(path))
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                result.completeExceptionally(failure);
                return;
              }
              List<String> names =
                  outcome.value().map(Children::names).orElse(List.of()).stream()
                      .sorted()
                      .limit(Gathering.SIZE)
                      .toList();
              if (names.size() < Gathering.SIZE) {
                client.schedule(() -> look(client, path, mine, result), Duration.ofMillis(100));
                return;
              }
              List<CompletableFuture<byte[]>> all = new ArrayList<>();
              for (String name : names) {
                all.add(
                    Trouble.untilAnswered(client, () -> client.getData(Paths.child(path, name)))
                        .thenApply(found -> found.orThrow().data()));
              }
              CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                  .whenComplete(
                      (read, lost) -> {
                        if (lost == null) {
                          result.complete(
                              new Start(
                                  all.stream().map(CompletableFuture::join).toList(),
                                  names.indexOf(mine)));
                        } else {
                          result.completeExceptionally(lost);
                        }
                      });
            });
  }

  /** The value and its entry, together, again and again until there is an answer. */
  private static CompletableFuture<Revision> setBlindly(ConclaveClient client, String value) {
    String path = Configuring.PATH;
    byte[] entry = ("author: somebody\nid: " + value + "\n\n" + value).getBytes(UTF_8);
    return Trouble.untilAnswered(
            client,
            () ->
                client
                    .transaction()
                    .setData(path + "/values/setting", value.getBytes(UTF_8), -1)
                    .create(path + "/history/setting/v-", entry, CreateMode.PERSISTENT_SEQUENTIAL)
                    .commit())
        .thenCompose(
            outcome ->
                outcome instanceof TransactionOutcome.Committed done
                    ? CompletableFuture.completedFuture(revision(done, value))
                    : makeRoom(client).thenCompose(made -> setBlindly(client, value)));
  }

  private static CompletableFuture<?> makeRoom(ConclaveClient client) {
    return Trouble.untilAnswered(
        client,
        () ->
            client
                .ensurePath(Configuring.PATH + "/values/setting")
                .thenCompose(made -> client.ensurePath(Configuring.PATH + "/history/setting")));
  }

  private static Revision revision(TransactionOutcome.Committed done, String value) {
    String made = Paths.name(done.results().get(1).path());
    return new Revision(
        Long.parseLong(made.substring(2)), value, "somebody", Instant.EPOCH, Optional.empty());
  }

  @ParameterizedTest
  @EnumSource
  void isFound(Wrong wrong) {
    if (isFoundBy(wrong.foundBy, wrong)) {
      return;
    }
    for (long seed = 1; seed <= MOST_SEEDS; seed++) {
      if (isFoundBy(seed, wrong)) {
        return;
      }
    }
    fail("nobody noticed: " + wrong);
  }

  private static boolean isFoundBy(long seed, Wrong wrong) {
    return !SimulatedRecipesTest.run(seed, wrong.users, false).isGood();
  }
}
