package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.SessionEndedException;
import conclave.testkit.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The leader latch and the leader selector. */
class ElectionTest extends RecipeTest {

  private LeaderLatch latch(ConclaveClient client, String id) {
    LeaderLatch latch = keep(new LeaderLatch(client, path, id));
    latch.start();
    return latch;
  }

  @Test
  void firstLeadsAndOthersFollowInOrder() throws Exception {
    LeaderLatch a = latch(client(), "a");
    Held term = soon(a.elected());
    LeaderLatch b = latch(client(), "b");
    awaitChildren(2);
    LeaderLatch c = latch(client(), "c");
    awaitChildren(3);
    assertThat(a.isLeader()).isTrue();
    assertThat(b.isLeader()).isFalse();
    assertThat(soon(c.candidates())).extracting(Leader::id).containsExactly("a", "b", "c");
    assertThat(soon(c.leader())).contains(new Leader("a", term.token()));
    assertThat(children()).allMatch(name -> name.matches("_c_[0-9a-f-]{36}-latch-\\d{10}"));

    a.close();
    assertThat(a.isLeader()).isFalse();
    assertThat(soon(b.elected()).token()).isGreaterThan(term.token());
    assertThat(b.awaitLeadership().isHeld()).isTrue();
    b.close();
    assertThat(soon(c.elected()).isHeld()).isTrue();
    c.close();
    awaitNoWatches();
    assertThatThrownBy(() -> soon(c.elected())).hasCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void leaderWithoutANetworkIsDeposedAndStandsAgain() throws Exception {
    Relay relay = relay();
    LeaderLatch a = latch(clientBehind(relay), "a");
    soon(a.elected());
    BlockingQueue<String> news = new LinkedBlockingQueue<>();
    a.onChange(
        new LeaderListener() {
          @Override
          public void elected(Held term) {
            news.add("elected");
          }

          @Override
          public void deposed(Held term, Loss why) {
            news.add("deposed " + why);
          }
        });
    LeaderLatch b = latch(client(), "b");
    awaitChildren(2);
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("elected");
    relay.refuse();
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("deposed SESSION_LOST");
    assertThat(a.isLeader()).isFalse();
    soon(b.elected());
    relay.open();
    awaitChildren(2);
    b.close();
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("elected");
    assertThat(a.isLeader()).isTrue();
  }

  @Test
  void candidateWhoseZnodeIsDeletedStandsAgain() throws Exception {
    LeaderLatch a = latch(client(), "a");
    Held first = soon(a.elected());
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    soon(first.lost());
    await().atMost(Duration.ofMinutes(1)).until(a::isLeader);
    assertThat(a.term().orElseThrow().token()).isGreaterThan(first.token());
  }

  @Test
  void closedBeforeElectedLeavesNothing() throws Exception {
    LeaderLatch a = latch(client(), "a");
    soon(a.elected());
    LeaderLatch b = latch(client(), "b");
    CompletableFuture<Held> never = b.elected();
    awaitChildren(2);
    b.close();
    assertThatThrownBy(() -> soon(never)).hasCauseInstanceOf(IllegalStateException.class);
    awaitChildren(1);
  }

  @Test
  void waitingCandidateHasResignedWhenItsZnodeIsGone() throws Exception {
    soon(latch(client(), "a").elected());
    Relay relay = relay();
    LeaderLatch b = latch(clientBehind(relay), "b");
    resignsWhenItsZnodeIsGone(relay, b::resign);
  }

  @Test
  void waitingSelectorHasResignedWhenItsZnodeIsGone() throws Exception {
    soon(new Lock(client(), path).acquire());
    Relay relay = relay();
    LeaderSelector b =
        new LeaderSelector(
            clientBehind(relay), path, "b", term -> CompletableFuture.completedFuture(null));
    b.start();
    resignsWhenItsZnodeIsGone(relay, b::resign);
  }

  private void resignsWhenItsZnodeIsGone(Relay relay, Supplier<CompletableFuture<Void>> resign)
      throws Exception {
    awaitChildren(2);
    relay.stall();
    CompletableFuture<Void> resigned = resign.get();
    assertThat(resigned).isNotDone();
    relay.open();
    soon(resigned);
    assertThat(children()).hasSize(1);
  }

  @Test
  void candidateOfAClosedClientIsToldSo() throws Exception {
    ConclaveClient ending = client();
    soon(latch(client(), "a").elected());
    CompletableFuture<Held> never = latch(ending, "b").elected();
    awaitChildren(2);
    ending.close();
    assertThatThrownBy(() -> soon(never)).hasCauseInstanceOf(SessionEndedException.class);
  }

  @Test
  void observerSeesEveryLeaderAndWakesForNothingElse() throws Exception {
    BlockingQueue<Optional<Leader>> seen = new LinkedBlockingQueue<>();
    var observing = LeaderLatch.observe(client(), path, seen::add);
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEmpty();
    LeaderLatch a = latch(client(), "a");
    long term = soon(a.elected()).token();
    assertThat(seen.poll(60, TimeUnit.SECONDS)).contains(new Leader("a", term));
    LeaderLatch b = latch(client(), "b");
    awaitChildren(2);
    // Each candidate's own, b's on a, the observer's on a.
    awaitWatches(4);
    a.close();
    assertThat(seen.poll(60, TimeUnit.SECONDS).orElseThrow().id()).isEqualTo("b");
    b.close();
    assertThat(seen.poll(60, TimeUnit.SECONDS)).isEmpty();
    awaitWatches(1);
    observing.close();
    awaitNoWatches();
  }

  @Test
  void selectorsTakeTurns() throws Exception {
    List<String> turns = new ArrayList<>();
    AtomicInteger inside = new AtomicInteger();
    List<LeaderSelector> selectors = new ArrayList<>();
    CountDownLatch enough = new CountDownLatch(6);
    for (String id : List.of("a", "b")) {
      LeaderSelector selector =
          keep(
              new LeaderSelector(
                  client(),
                  path,
                  id,
                  LeaderSelector.onThread(
                      term -> {
                        assertThat(inside.incrementAndGet()).isEqualTo(1);
                        await()
                            .atMost(Duration.ofMinutes(1))
                            .until(() -> children().size() == 2 || enough.getCount() == 0);
                        turns.add(id);
                        inside.decrementAndGet();
                        enough.countDown();
                      })));
      selectors.add(selector);
      selector.start();
      awaitChildren(selectors.size());
    }
    assertThat(enough.await(60, TimeUnit.SECONDS)).isTrue();
    selectors.forEach(LeaderSelector::close);
    assertThat(turns.subList(0, 6)).containsExactly("a", "b", "a", "b", "a", "b");
    awaitChildren(0);
    awaitNoWatches();
  }

  @Test
  void workIsInterruptedWhenTheTermIsLostAndWhenTheSelectorIsClosed() throws Exception {
    BlockingQueue<String> news = new LinkedBlockingQueue<>();
    LeaderSelector selector =
        keep(
            new LeaderSelector(
                client(),
                path,
                "a",
                LeaderSelector.onThread(
                    term -> {
                      news.add("leads");
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        news.add("interrupted " + term.isHeld());
                      }
                    })));
    selector.start();
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("leads");
    assertThat(soon(selector.leader()).orElseThrow().id()).isEqualTo("a");
    direct.delete(path + "/" + children().get(0), ConclaveClient.ANY_VERSION);
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("interrupted false");
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("leads");
    selector.close();
    assertThat(news.poll(60, TimeUnit.SECONDS)).isEqualTo("interrupted true");
    assertThat(children()).isEmpty();
  }

  @Test
  void workThatFailsGivesTheLeadershipBack() throws Exception {
    AtomicInteger times = new AtomicInteger();
    LeaderSelector failing =
        keep(
            new LeaderSelector(
                client(),
                path,
                "a",
                term -> {
                  times.incrementAndGet();
                  throw new IllegalStateException("on purpose");
                }));
    failing.start();
    await().atMost(Duration.ofMinutes(1)).until(() -> times.get() == 1);
    awaitChildren(0);
    // It stands again after a while.
    await().atMost(Duration.ofMinutes(1)).until(() -> times.get() == 2);
  }
}
