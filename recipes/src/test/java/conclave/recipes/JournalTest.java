package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Refusal;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTest extends CutTest {
  /** Each change appends to what is there, which shows when it was done twice or not at all. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyChangeIsMadeOnceWhereverTheConnectionBreaks(boolean loseSession) throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          direct.create(at, null, CreateMode.PERSISTENT);
          Journal journal = new Journal(fragile, at);
          for (int i = 0; i < 3; i++) {
            TransactionOutcome outcome =
                journal
                    .make(tx -> tx.create(at + "/c-", null, CreateMode.PERSISTENT_SEQUENTIAL))
                    .join();
            assertThat(outcome.isCommitted()).isTrue();
          }
          assertThat(direct.getChildren(at)).hasSize(3);
          journal.close().join();
        });
  }

  @Test
  void aRefusedChangeIsToldAndTheNextOneIsMade() {
    Journal journal = new Journal(client, path);
    CompletableFuture<TransactionOutcome> refused =
        journal.make(tx -> tx.delete(path + "/none", ConclaveClient.ANY_VERSION));
    CompletableFuture<TransactionOutcome> next =
        journal.make(tx -> tx.create(path + "/some", null, CreateMode.PERSISTENT));
    assertThat(((TransactionOutcome.RolledBack) refused.join()).because(Refusal.NO_NODE)).isTrue();
    assertThat(next.join().isCommitted()).isTrue();
  }

  @Test
  void aJournalThatSomebodyRemovedIsMadeAnew() {
    Journal journal = new Journal(client, path);
    journal.make(tx -> tx.setData(path, "1".getBytes(UTF_8), 0)).join();
    direct.deleteTree(path + ".journal");
    assertThat(journal.make(tx -> tx.setData(path, "2".getBytes(UTF_8), 1)).join().isCommitted())
        .isTrue();
  }

  @Test
  void journalsThatAreAbandonedAreRemovedByTheNext() {
    direct.ensurePath(path + ".journal");
    direct.create(path + ".journal/abandoned", null, CreateMode.PERSISTENT);
    Journal patient = new Journal(client, path);
    patient.make(tx -> tx.check(path, 0)).join();
    assertThat(direct.getChildren(path + ".journal")).hasSize(2).contains("abandoned");
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              Journal impatient = new Journal(client, path, Duration.ofMillis(1));
              impatient.make(tx -> tx.check(path, 0)).join();
              List<String> names = direct.getChildren(path + ".journal");
              assertThat(names).doesNotContain("abandoned");
            });
  }
}
