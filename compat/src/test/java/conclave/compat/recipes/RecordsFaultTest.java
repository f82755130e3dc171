package conclave.compat.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.client.ConnectionLostException;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.compat.recipes.FrameRelay.Fault;
import conclave.recipes.Configuration;
import conclave.recipes.NamingService;
import conclave.recipes.NamingService.Binding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Numbers, names and settings, which belong to no session: whoever dies, stands still or loses its
 * connection in the middle, nothing is given twice and no record is wrong.
 */
final class RecordsFaultTest extends FaultTest {
  private static final int LONG = 10;
  private static final int CUTS = 8;

  /**
   * Processes at the same work: one is left alone, one loses its connection again and again, one
   * stands still for longer than its session lives, one is killed and followed by another.
   *
   * @return all that there were, which say nothing more
   */
  private List<ActorProcess> workUnderFaults(String what, String word, int rounds)
      throws Exception {
    FrameRelay relay = relay();
    ActorProcess steady = actor(QueueActor.class, what);
    ActorProcess cutOff = actorVia(relay.connectString(), QueueActor.class, what);
    ActorProcess stopped = actor(QueueActor.class, what);
    ActorProcess killed = actor(QueueActor.class, what);
    List<ActorProcess> all = new ArrayList<>(List.of(steady, cutOff, stopped, killed));
    awaitReady(steady, cutOff, stopped, killed);
    for (int round = 0; round < rounds; round++) {
      untilMore(killed, word, 5);
      untilMore(stopped, word, 5);
      killed.kill();
      stopped.pause();
      expire(stopped);
      for (int cut = 0; cut < CUTS; cut++) {
        relay.cut();
        untilMore(cutOff, word, 3);
      }
      untilMore(steady, word, 5);
      stopped.resume();
      killed = actor(QueueActor.class, what);
      all.add(killed);
      awaitReady(killed);
      untilMore(stopped, word, 5);
    }
    assertThat(said("failed", all)).isEmpty();
    for (ActorProcess actor : all) {
      end(actor);
    }
    return all;
  }

  @Test
  void noNumberIsGivenTwice() throws Exception {
    assertThat(said("id", workUnderFaults("ids", "id", 1))).doesNotHaveDuplicates();
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void noNumberIsGivenTwiceInALongTime() throws Exception {
    assertThat(said("id", workUnderFaults("ids", "id", LONG))).doesNotHaveDuplicates();
  }

  @Test
  void noNameIsMadeUpTwice() throws Exception {
    noNameIsMadeUpTwice(1);
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void noNameIsMadeUpTwiceInALongTime() throws Exception {
    noNameIsMadeUpTwice(LONG);
  }

  private void noNameIsMadeUpTwice(int rounds) throws Exception {
    List<String[]> told =
        said("name", workUnderFaults("names", "name", rounds)).stream()
            .map(line -> line.split(" "))
            .toList();
    assertThat(told).extracting(words -> words[0]).doesNotHaveDuplicates();
    NamingService names = new NamingService(direct.async(), path);
    for (String[] words : told) {
      assertThat(soon(names.lookup(words[0])).orElseThrow().value()).isEqualTo(words[1]);
    }
  }

  @Test
  void everyChangeOfASettingIsMadeOnceWithItsEntry() throws Exception {
    everyChangeOfASettingIsMadeOnceWithItsEntry(1);
  }

  @Test
  @Tag("slow")
  @Timeout(600)
  void everyChangeOfASettingIsMadeOnceWithItsEntryForALongTime() throws Exception {
    everyChangeOfASettingIsMadeOnceWithItsEntry(LONG);
  }

  private void everyChangeOfASettingIsMadeOnceWithItsEntry(int rounds) throws Exception {
    List<ActorProcess> all = workUnderFaults("configure", "set", rounds);
    Configuration configuration = new Configuration(direct.async(), path, "judge");
    List<Configuration.Revision> history = soon(configuration.history(QueueActor.SHARED));
    Map<Long, String> texts = new HashMap<>();
    Map<String, Integer> changes = new HashMap<>();
    for (Configuration.Revision revision : history) {
      texts.put(revision.number(), revision.text());
      // Each author's changes, in its order, none left out and none twice.
      int change = changes.merge(revision.author(), 1, Integer::sum) - 1;
      assertThat(revision.text()).isEqualTo(revision.author() + ":" + change);
    }
    for (String line : said("set", all)) {
      String[] words = line.split(" ");
      assertThat(texts.get(Long.valueOf(words[0]))).isEqualTo(words[1]);
    }
    assertThat(history.size()).isLessThanOrEqualTo(said("set", all).size() + all.size());
    assertThat(soon(configuration.get(QueueActor.SHARED)))
        .isEqualTo(history.get(history.size() - 1).text());
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfChangingASetting(Fault fault) throws Exception {
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              // A history of its own: changes on conditions read all of it.
              String shop = path + "/shop-" + System.nanoTime();
              Configuration steady = new Configuration(direct.async(), shop, "other");
              try (ConclaveClient unlucky = unlucky(relay)) {
                changeSetting(new Configuration(unlucky, shop, "unlucky"), steady);
              }
            });
    assertThat(steps).isGreaterThanOrEqualTo(8);
  }

  private static void changeSetting(Configuration ours, Configuration steady) throws Exception {
    Configuration.Revision first = soon(ours.set(QueueActor.SHARED, "first"));
    Configuration.Revision second = soon(steady.set(QueueActor.SHARED, "second"));
    assertThat(soon(ours.compareAndSet(QueueActor.SHARED, first, "late"))).isEmpty();
    Configuration.Revision third =
        soon(ours.compareAndSet(QueueActor.SHARED, second, "third")).orElseThrow();
    Configuration.Revision back = soon(ours.rollBack(QueueActor.SHARED, first.number()));
    assertThat(back.rolledBackTo()).contains(first.number());
    // Nothing twice and nothing in between.
    assertThat(soon(steady.history(QueueActor.SHARED))).containsExactly(first, second, third, back);
    assertThat(soon(steady.get(QueueActor.SHARED))).isEqualTo("first");
    assertThat(soon(ours.get(QueueActor.SHARED))).isEqualTo("first");
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void faultAtEachStepOfNaming(Fault fault) throws Exception {
    int steps =
        atEachStep(
            fault,
            (relay, path) -> {
              NamingService steady = new NamingService(direct.async(), path);
              String name = "db/primary-" + System.nanoTime();
              try (ConclaveClient unlucky = unlucky(relay)) {
                NamingService ours = new NamingService(unlucky, path);
                Binding first = surely(ours, name, "1", () -> ours.bind(name, "1"));
                assertThat(soon(steady.bind(name, "0")).was(Refusal.NODE_EXISTS)).isTrue();
                Binding second = surely(ours, name, "2", () -> ours.rebind(first, "2"));
                assertThat(second).isEqualTo(new Binding(name, "2", 1));
                assertThat(soon(steady.rebind(first, "3")).was(Refusal.BAD_VERSION)).isTrue();
                assertThat(soon(steady.lookup(name))).contains(second);
                assertThat(unlessLost(ours.unbind(first)))
                    .matches(outcome -> outcome == null || outcome.was(Refusal.BAD_VERSION));
                if (unlessLost(ours.unbind(second)) == null) {
                  // It was done or not; now it is.
                  soon(ours.unbind(second)).orNullIf(Refusal.NO_NODE);
                }
                assertThat(soon(steady.lookup(name))).isEmpty();
              }
            });
    assertThat(steps).isGreaterThanOrEqualTo(4);
  }

  /** Changes a name; when nobody knows whether that was done, looks, and does it if not. */
  private static Binding surely(
      NamingService names,
      String name,
      String value,
      Supplier<CompletableFuture<Outcome<Binding>>> change)
      throws Exception {
    Outcome<Binding> outcome = unlessLost(change.get());
    if (outcome == null) {
      Optional<Binding> found = soon(names.lookup(name));
      if (found.isPresent() && found.get().value().equals(value)) {
        return found.get();
      }
      outcome = soon(change.get());
    }
    return outcome.orThrow();
  }

  /** Null when the connection broke, and so nobody knows. */
  private static <T> @Nullable T unlessLost(CompletableFuture<T> change) throws Exception {
    try {
      return soon(change);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectionLostException) {
        return null;
      }
      throw e;
    }
  }
}
