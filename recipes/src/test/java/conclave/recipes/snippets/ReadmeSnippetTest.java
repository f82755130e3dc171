package conclave.recipes.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.ConclaveClient;
import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import conclave.recipes.Lock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What README.md shows: snippets whose names begin with {@code readme}. */
class ReadmeSnippetTest extends SnippetTest {
  private final List<Long> tokens = new ArrayList<>();

  private void bill(long token) {
    tokens.add(token);
  }

  private void clean(long token) {
    tokens.add(token);
  }

  @Test
  void lock() throws Exception {
    String servers = servers();
    // tag::readme-lock
    try (ConclaveClient client = ConclaveClient.connect(servers).join();
        Held held = new Lock(client, "/locks/billing").lock()) {
      held.lost().thenAccept(why -> System.out.println("stop: " + why));
      bill(held.token()); // each holder's is greater; what you write to refuses smaller ones
    }
    // end::readme-lock
    assertThat(tokens).hasSize(1).allMatch(token -> token > 0);
    assertThat(client.blocking().getChildren("/locks/billing")).isEmpty();
  }

  @Test
  void election() throws Exception {
    String servers = servers();
    // tag::readme-election
    try (ConclaveClient client = ConclaveClient.connect(servers).join();
        LeaderLatch latch = new LeaderLatch(client, "/elections/cleaner", "host-1")) {
      latch.start();
      Held term = latch.awaitLeadership(); // waits until it is this one's turn
      term.lost().thenAccept(why -> System.out.println("stop: " + why));
      clean(term.token());
    } // resigns, and the next one leads
    // end::readme-election
    assertThat(tokens).hasSize(1).allMatch(token -> token > 0);
    assertThat(client.blocking().getChildren("/elections/cleaner")).isEmpty();
  }
}
