package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import conclave.recipes.LeaderSelector;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ElectionSnippetTest extends SnippetTest {
  @Test
  void latch() throws Exception {
    // tag::leader-latch
    LeaderLatch.observe(client, "/elections/scheduler", who -> System.out.println("leads: " + who));
    try (LeaderLatch latch = new LeaderLatch(client, "/elections/scheduler", "host-1")) {
      latch.start();
      Held term = latch.awaitLeadership();
      System.out.println("leading, term " + term.token());
      term.lost().thenAccept(why -> System.out.println("not any more: " + why));
    } // resigns
    // end::leader-latch
    assertThat(client.blocking().getChildren("/elections/scheduler")).isEmpty();
  }

  @Test
  void selector() throws Exception {
    CompletableFuture<Long> worked = new CompletableFuture<>();
    // tag::leader-selector
    LeaderSelector selector =
        new LeaderSelector(
            client,
            "/elections/cleaner",
            "host-1",
            LeaderSelector.onThread(term -> worked.complete(term.token())));
    selector.start(); // works whenever it is its turn
    // end::leader-selector
    assertThat(soon(worked)).isPositive();
    soon(selector.resign());
  }
}
