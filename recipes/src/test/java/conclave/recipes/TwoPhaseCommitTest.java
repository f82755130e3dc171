package conclave.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.ConclaveClient;
import conclave.client.Registration;
import conclave.recipes.TwoPhaseCommit.Decision;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TwoPhaseCommitTest extends CutTest {
  private static final Duration WITHIN = Duration.ofSeconds(20);

  /** Remembers what it was told, which has to be one thing for each proposal. */
  private static final class Ledger implements TwoPhaseCommit.Participant {
    private final Map<String, String> told = new ConcurrentHashMap<>();
    private final Map<String, Boolean> prepared = new ConcurrentHashMap<>();
    private volatile CompletableFuture<Boolean> vote = CompletableFuture.completedFuture(true);

    @Override
    public CompletionStage<Boolean> prepare(String id, byte[] proposal) {
      prepared.put(id, true);
      return vote;
    }

    @Override
    public CompletionStage<?> commit(String id, byte[] proposal) {
      return tell(id, "commit");
    }

    @Override
    public CompletionStage<?> abort(String id, byte[] proposal) {
      return tell(id, "abort");
    }

    private CompletionStage<?> tell(String id, String what) {
      String before = told.putIfAbsent(id, what);
      if (before != null && !before.equals(what)) {
        told.put(id, "contradiction: " + before + " and " + what);
      }
      return CompletableFuture.completedFuture(null);
    }
  }

  private final Ledger bank = new Ledger();
  private final Ledger stock = new Ledger();

  private ConclaveClient another() {
    return ConclaveClient.connect(server().connectString()).join();
  }

  @Test
  void whatAllAgreeToIsDoneByAll() throws Exception {
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    transfers.participate("bank", bank);
    transfers.participate("stock", stock);
    Decision decision =
        transfers
            .propose(bytes("order"), Set.of("bank", "stock"), WITHIN)
            .get(60, TimeUnit.SECONDS);
    assertThat(decision.isCommitted()).isTrue();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> bank.told.size() == 1 && stock.told.size() == 1);
    assertThat(bank.told).containsEntry(decision.id(), "commit").isEqualTo(stock.told);
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () ->
                assertThat(direct.getChildren(path + "/" + decision.id()))
                    .containsExactly("decision"));
    assertThatThrownBy(() -> transfers.propose(bytes("x"), Set.of(), WITHIN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void oneNoIsEnough() throws Exception {
    stock.vote = CompletableFuture.completedFuture(false);
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    transfers.participate("bank", bank);
    transfers.participate("stock", stock);
    Decision decision =
        transfers
            .propose(bytes("order"), Set.of("bank", "stock"), WITHIN)
            .get(60, TimeUnit.SECONDS);
    assertThat(decision.isCommitted()).isFalse();
    assertThat(decision.reason()).isEqualTo("refused by stock");
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> bank.told.size() == 1 && stock.told.size() == 1);
    assertThat(bank.told).containsEntry(decision.id(), "abort").isEqualTo(stock.told);
  }

  @Test
  void whoDoesNotVoteInTimeMakesItAnAbort() throws Exception {
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    transfers.participate("bank", bank);
    Decision decision =
        transfers
            .propose(bytes("order"), Set.of("bank", "stock"), Duration.ofMillis(300))
            .get(60, TimeUnit.SECONDS);
    assertThat(decision.isCommitted()).isFalse();
    assertThat(decision.reason()).isEqualTo("no vote from stock");
    await().atMost(Duration.ofMinutes(1)).until(() -> bank.told.containsValue("abort"));
    // It comes late, and is told all the same.
    transfers.participate("stock", stock);
    await().atMost(Duration.ofMinutes(1)).until(() -> stock.told.containsValue("abort"));
    assertThat(stock.prepared).isEmpty();
  }

  @Test
  void aParticipantThatDiesAfterItsYesIsToldWhenItComesAgain() throws Exception {
    ConclaveClient dying = another();
    new TwoPhaseCommit(dying, path).participate("stock", stock);
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    bank.vote = new CompletableFuture<>();
    transfers.participate("bank", bank);
    CompletableFuture<Decision> deciding =
        transfers.propose(bytes("order"), Set.of("bank", "stock"), WITHIN);
    await().atMost(Duration.ofMinutes(1)).until(() -> !stock.prepared.isEmpty() && votes() == 1);
    dying.close();
    bank.vote.complete(true);
    Decision decision = deciding.get(60, TimeUnit.SECONDS);
    assertThat(decision.isCommitted()).isTrue();
    assertThat(stock.told).isEmpty();
    Ledger restarted = new Ledger();
    transfers.participate("stock", restarted);
    await().atMost(Duration.ofMinutes(1)).until(() -> !restarted.told.isEmpty());
    assertThat(restarted.told).containsEntry(decision.id(), "commit");
    assertThat(restarted.prepared).isEmpty();
  }

  private int votes() {
    return direct.getChildren(path).stream()
        .mapToInt(id -> direct.getChildren(path + "/" + id + "/votes").size())
        .sum();
  }

  @Test
  void theOthersDecideForADeadCoordinator() throws Exception {
    ConclaveClient dying = another();
    bank.vote = new CompletableFuture<>();
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    transfers.participate("bank", bank);
    transfers.participate("stock", stock);
    new TwoPhaseCommit(dying, path).propose(bytes("order"), Set.of("bank", "stock"), WITHIN);
    await().atMost(Duration.ofMinutes(1)).until(() -> !bank.prepared.isEmpty() && votes() == 1);
    dying.close();
    await().atMost(Duration.ofMinutes(1)).until(() -> !stock.told.isEmpty());
    bank.vote.complete(true);
    await().atMost(Duration.ofMinutes(1)).until(() -> !bank.told.isEmpty());
    assertThat(bank.told).containsValue("abort").isEqualTo(stock.told);
  }

  @Test
  void recoverDecidesWhenNobodyIsAlive() {
    ConclaveClient dying = another();
    Registration gone = new TwoPhaseCommit(dying, path).participate("bank", bank);
    new TwoPhaseCommit(dying, path).propose(bytes("a"), Set.of("bank", "stock"), WITHIN);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !direct.getChildren(path).isEmpty() && votes() == 1);
    gone.close();
    TwoPhaseCommit transfers = new TwoPhaseCommit(client, path);
    assertThat(transfers.recover().join()).isEmpty();
    dying.close();
    List<Decision> decisions = transfers.recover().join();
    assertThat(decisions).hasSize(1);
    assertThat(decisions.get(0).reason()).isEqualTo("no vote from stock");
    assertThat(transfers.recover().join()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decisionsNeverContradictWhereverTheCoordinatorsConnectionBreaks(boolean loseSession)
      throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          Ledger one = new Ledger();
          Ledger other = new Ledger();
          TwoPhaseCommit sturdy = new TwoPhaseCommit(client, at);
          sturdy.participate("one", one);
          sturdy.participate("other", other);
          Decision decision =
              new TwoPhaseCommit(fragile, at)
                  .propose(bytes("x"), Set.of("one", "other"), WITHIN)
                  .get(60, TimeUnit.SECONDS);
          assertAgreement(decision, one, other);
          assertThat(loseSession || decision.isCommitted()).isTrue();
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decisionsNeverContradictWhereverAParticipantsConnectionBreaks(boolean loseSession)
      throws Exception {
    Cuts.everywhere(
        server(),
        loseSession,
        (fragile, name) -> {
          String at = path + "/" + name;
          Ledger one = new Ledger();
          Ledger other = new Ledger();
          new TwoPhaseCommit(client, at).participate("one", one);
          new TwoPhaseCommit(fragile, at).participate("other", other);
          Decision decision =
              new TwoPhaseCommit(client, at)
                  .propose(bytes("x"), Set.of("one", "other"), WITHIN)
                  .get(60, TimeUnit.SECONDS);
          assertAgreement(decision, one, other);
          assertThat(decision.isCommitted()).isTrue();
        });
  }

  private static void assertAgreement(Decision decision, Ledger one, Ledger other) {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> one.told.size() == 1 && other.told.size() == 1);
    String expected = decision.isCommitted() ? "commit" : "abort";
    assertThat(one.told).isEqualTo(Map.of(decision.id(), expected)).isEqualTo(other.told);
  }
}
