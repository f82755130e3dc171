package conclave.recipes.snippets;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.client.Registration;
import conclave.recipes.TwoPhaseCommit;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class TwoPhaseCommitSnippetTest extends SnippetTest {
  private final TwoPhaseCommit.Participant account = new Willing();
  private final TwoPhaseCommit.Participant shelf = new Willing();

  private static final class Willing implements TwoPhaseCommit.Participant {
    @Override
    public CompletionStage<Boolean> prepare(String id, byte[] proposal) {
      return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletionStage<?> commit(String id, byte[] proposal) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> abort(String id, byte[] proposal) {
      return CompletableFuture.completedFuture(null);
    }
  }

  @Test
  void twoPhaseCommit() throws Exception {
    // tag::two-phase-commit
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, "/transfers");
    Registration bank = transfers.participate("bank", account); // prepares, commits, aborts
    Registration stock = transfers.participate("stock", shelf);
    byte[] order = "3 apples for 9.60".getBytes(UTF_8);
    TwoPhaseCommit.Decision decision =
        transfers.propose(order, Set.of("bank", "stock"), Duration.ofSeconds(5)).join();
    System.out.println(decision.isCommitted() + " " + decision.reason());
    bank.close();
    stock.close();
    // end::two-phase-commit
    assertThat(decision.isCommitted()).isTrue();
  }
}
