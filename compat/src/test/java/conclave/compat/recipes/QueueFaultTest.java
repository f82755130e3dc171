package conclave.compat.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Counter;
import conclave.recipes.PublishSubscribe;
import conclave.recipes.Queue;
import conclave.recipes.ReliableQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Queues, counters and what else is shared, when one of the processes dies or stands still. */
final class QueueFaultTest extends FaultTest {
  private static final int ITEMS = 300;
  private static final int FEW = 20;

  private ActorProcess actor(String what, String... more) {
    List<String> arguments = new ArrayList<>(List.of(what));
    arguments.addAll(List.of(more));
    return actor(QueueActor.class, arguments.toArray(String[]::new));
  }

  private static List<String> items(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "item-" + i).toList();
  }

  /**
   * Offers items, and more of them until this consumer has dealt with five: the machine may give it
   * no time while others deal with all that there is.
   *
   * @return those that were offered
   */
  private CompletableFuture<List<String>> offerUntilBusy(
      ActorProcess consumer, String word, Function<byte[], CompletableFuture<Void>> offer) {
    return CompletableFuture.supplyAsync(
        () -> {
          List<String> offered = new ArrayList<>();
          do {
            int more = offered.isEmpty() ? ITEMS : FEW;
            List<String> next = items(offered.size(), offered.size() + more);
            offered.addAll(next);
            CompletableFuture.allOf(
                    next.stream()
                        .map(item -> offer.apply(item.getBytes(UTF_8)))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
            until(() -> isBusy(consumer, word) || children(path).size() < FEW);
          } while (!isBusy(consumer, word));
          return offered;
        });
  }

  private static boolean isBusy(ActorProcess consumer, String word) {
    return said(word, consumer).size() >= 5;
  }

  @Test
  void aKilledConsumerTakesNoMoreThanOneItemWithIt() throws Exception {
    ActorProcess one = actor("take");
    ActorProcess other = actor("take");
    ActorProcess killed = actor("take");
    awaitReady(one, other, killed);
    Queue producer = new Queue(direct.async(), path);
    CompletableFuture<List<String>> offering = offerUntilBusy(killed, "took", producer::offer);
    until(() -> isBusy(killed, "took"));
    killed.kill();
    int offered = offering.join().size();
    until(() -> children(path).isEmpty());
    until(() -> said("took", one, other, killed).size() >= offered - 1);
    List<String> taken = said("took", one, other, killed);
    assertThat(taken).doesNotHaveDuplicates().hasSizeBetween(offered - 1, offered);
  }

  @Test
  void aConsumerThatStandsStillLosesAndDoublesNothing() throws Exception {
    ActorProcess one = actor("take");
    ActorProcess stopped = actor("take");
    awaitReady(one, stopped);
    Queue producer = new Queue(direct.async(), path);
    CompletableFuture<List<String>> offering = offerUntilBusy(stopped, "took", producer::offer);
    until(() -> isBusy(stopped, "took"));
    stopped.pause();
    List<String> offered = offering.join();
    until(() -> children(path).isEmpty());
    expire(stopped);
    stopped.resume();
    until(() -> said("took", one, stopped).size() >= offered.size());
    assertThat(said("took", one, stopped)).containsExactlyInAnyOrderElementsOf(offered);
  }

  @Test
  void whatAKilledConsumerHadIsDealtWithByAnother() throws Exception {
    ActorProcess one = actor("reliable");
    ActorProcess other = actor("reliable");
    ActorProcess killed = actor("reliable");
    awaitReady(one, other, killed);
    ReliableQueue producer = new ReliableQueue(direct.async(), path, path + "-locks");
    CompletableFuture<List<String>> offering = offerUntilBusy(killed, "removed", producer::offer);
    until(() -> isBusy(killed, "removed"));
    killed.kill();
    expire(killed);
    List<String> offered = offering.join();
    until(() -> children(path).isEmpty());
    until(() -> said("removed", one, other, killed).size() >= offered.size() - 1);
    untilSettled(one);
    untilSettled(other);
    assertThat(said("removed", one, other, killed)).doesNotHaveDuplicates();
    assertThat(said("got", one, other, killed)).containsAll(offered);
    // One that it had got and not removed was got again; all others once.
    assertThat(said("got", one, other, killed).size()).isLessThanOrEqualTo(offered.size() + 1);
    awaitChildren(path + "-locks", 0);
  }

  /** Until it has said of all that it got what came of it. */
  private static void untilSettled(ActorProcess consumer) {
    until(
        () ->
            said("got", consumer).size()
                == said("removed", consumer).size() + said("lost", consumer).size());
  }

  @Test
  void aConsumerThatStoodStillLearnsThatItsItemIsAnothers() throws Exception {
    ActorProcess stopped = actor("reliable");
    awaitReady(stopped);
    ReliableQueue producer = new ReliableQueue(direct.async(), path, path + "-locks");
    ActorProcess one = actor("reliable");
    awaitReady(one);
    CompletableFuture<List<String>> offering = offerUntilBusy(stopped, "removed", producer::offer);
    until(() -> isBusy(stopped, "removed"));
    stopped.pause();
    expire(stopped);
    List<String> offered = offering.join();
    until(() -> children(path).isEmpty());
    stopped.resume();
    until(() -> said("removed", one, stopped).size() >= offered.size() - 1);
    untilSettled(one);
    untilSettled(stopped);
    List<String> removed = said("removed", one, stopped);
    assertThat(removed).doesNotHaveDuplicates();
    assertThat(said("got", one, stopped)).containsAll(offered);
    // What it had in its hands when it was stopped was removed once, by whomever.
    assertThat(said("lost", one)).isEmpty();
    assertThat(said("lost", stopped)).hasSizeLessThanOrEqualTo(1);
    Set<String> lost = new TreeSet<>(said("lost", stopped));
    assertThat(said("removed", one)).containsAll(lost);
  }

  @Test
  void everyAdditionCountsOnceWhoeverDies() throws Exception {
    ActorProcess one = actor("count");
    ActorProcess killed = actor("count");
    ActorProcess stopped = actor("count");
    awaitReady(one, killed, stopped);
    until(() -> said("counted", killed).size() >= 10 && said("counted", stopped).size() >= 10);
    killed.kill();
    expire(killed);
    stopped.pause();
    expire(stopped);
    stopped.resume();
    int before = said("counted", stopped).size();
    until(() -> said("counted", stopped).size() >= before + 10);
    stopped.kill();
    one.kill();
    long sum = soon(new Counter(direct.async(), path).get());
    List<String> counted = said("counted", one, killed, stopped);
    assertThat(counted).doesNotHaveDuplicates();
    // Each of the three may have counted once more and not have come to say so.
    assertThat(sum).isBetween((long) counted.size(), counted.size() + 3L);
  }

  @Test
  void aSubscriberGoesOnWhereTheKilledOneWas() throws Exception {
    ActorProcess killed = actor("subscribe", "books");
    ActorProcess heir = actor("subscribe", "books");
    awaitReady(killed, heir);
    PublishSubscribe topic = new PublishSubscribe(direct.async(), path);
    List<String> messages = items(0, ITEMS);
    CompletableFuture<Void> publishing =
        CompletableFuture.allOf(
            messages.stream()
                .map(message -> topic.publish(message.getBytes(UTF_8)))
                .toArray(CompletableFuture<?>[]::new));
    until(() -> said("saw", killed, heir).size() >= 20);
    ActorProcess dead = said("saw", killed).isEmpty() ? heir : killed;
    dead.kill();
    expire(dead);
    publishing.join();
    until(() -> new HashSet<>(said("saw", killed, heir)).size() == ITEMS);
    List<String> first = said("saw", killed);
    List<String> second = said("saw", heir);
    assertThat(new LinkedHashSet<>(first)).isSubsetOf(messages);
    for (List<String> seen : List.of(first, second)) {
      // Without a gap, and nothing later before something earlier.
      if (!seen.isEmpty()) {
        int from = messages.indexOf(seen.get(0));
        assertThat(seen).containsExactlyElementsOf(messages.subList(from, from + seen.size()));
      }
    }
  }

  @Test
  void decisionsNeverContradictWhoeverDies() throws Exception {
    ActorProcess one = actor("participate", "one");
    ActorProcess other = actor("participate", "other");
    ActorProcess killed = actor("coordinate");
    awaitReady(one, other, killed);
    until(() -> said("decided", killed).size() >= 5);
    killed.kill();
    expire(killed);
    ActorProcess stopped = actor("coordinate");
    awaitReady(stopped);
    until(() -> said("decided", stopped).size() >= 5);
    stopped.pause();
    expire(stopped);
    other.kill();
    expire(other);
    ActorProcess restarted = actor("participate", "other");
    awaitReady(restarted);
    stopped.resume();
    int before = said("decided", stopped).size();
    until(() -> said("decided", stopped).size() >= before + 5);
    stopped.kill();
    expire(stopped);
    until(() -> allAreDecided(one, other, restarted));
    Map<String, String> decisions = new HashMap<>();
    for (ActorProcess actor : List.of(one, other, restarted)) {
      said("commit", actor).forEach(id -> agree(decisions, id, "commit"));
      said("abort", actor).forEach(id -> agree(decisions, id, "abort"));
    }
    for (String decided : said("decided", killed, stopped)) {
      String[] words = decided.split(" ");
      agree(decisions, words[0], words[1].equals("true") ? "commit" : "abort");
    }
    assertThat(decisions).hasSizeGreaterThanOrEqualTo(15);
  }

  private static void agree(Map<String, String> decisions, String id, String decision) {
    assertThat(decisions.merge(id, decision, (old, same) -> old)).as(id).isEqualTo(decision);
  }

  /** Every proposal has a decision that both participants were told. */
  private boolean allAreDecided(ActorProcess one, ActorProcess... other) {
    Set<String> byOne = new HashSet<>(said("commit", one));
    byOne.addAll(said("abort", one));
    Set<String> byOther = new HashSet<>(said("commit", other));
    byOther.addAll(said("abort", other));
    Set<String> all = new HashSet<>(children(path));
    return byOne.containsAll(all) && byOther.containsAll(all);
  }
}
