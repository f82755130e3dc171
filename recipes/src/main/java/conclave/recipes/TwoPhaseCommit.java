package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.Registration;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that several participants do all together or not at all.
 *
 * <pre>{@code
 * TwoPhaseCommit transfers = new TwoPhaseCommit(client, "/transfers");
 * Registration bank = transfers.participate("bank", account); // prepares, commits, aborts
 * Registration stock = transfers.participate("stock", shelf);
 * byte[] order = "3 apples for 9.60".getBytes(UTF_8);
 * TwoPhaseCommit.Decision decision =
 *     transfers.propose(order, Set.of("bank", "stock"), Duration.ofSeconds(5)).join();
 * System.out.println(decision.isCommitted() + " " + decision.reason());
 * bank.close();
 * stock.close();
 * }</pre>
 *
 * <p><b>Guarantee.</b> No two of those concerned ever see different decisions, whichever processes,
 * connections and sessions are lost at whichever step: a decision is a znode, of which there is one
 * or none, and to commit is to make it in one step with a check that every participant's yes is
 * there. A vote and a decision are never changed. A participant that has voted yes is told the
 * decision, after its next start if need be, again and again until it has done with it; so it has
 * to remember that it prepared, and doing the same {@code commit} or {@code abort} twice must be as
 * good as once. It may be asked to prepare twice too, when it died before its vote was written, and
 * told to abort what it never prepared.
 *
 * <p>Nobody waits for a dead coordinator: when its session has ended and there is no decision, any
 * living participant makes one, which is to commit if everybody has voted yes, and to abort
 * otherwise; {@link #recover} does the same when none is alive. A participant that does not vote in
 * time makes it an abort. One that does not come back after its yes keeps the znodes of what it has
 * not done with, and nobody else waits for it.
 *
 * <p><b>Layout.</b> A znode for each proposal, with what is proposed; below it {@code participants}
 * (a name a line), {@code votes/NAME} ({@code yes} or {@code no}), {@code decision} ({@code commit}
 * or {@code abort}, and a reason in the second line), {@code done/NAME}, and {@code coordinator},
 * which is ephemeral. When all have done with it, only the decision is left, for an hour.
 *
 * <p>Thread-safe. Futures complete, and participants are called, on the client's thread.
 */
public final class TwoPhaseCommit {
  private static final Logger LOG = LoggerFactory.getLogger(TwoPhaseCommit.class);
  private static final String PARTICIPANTS = "participants";
  private static final String VOTES = "votes";
  private static final String DECISION = "decision";
  private static final String DONE = "done";
  private static final String COORDINATOR = "coordinator";
  private static final String YES = "yes";
  private static final Duration RETRY_AFTER = Duration.ofMillis(200);
  private static final Duration REMEMBERED = Duration.ofHours(1);

  /** What takes part. Must not block. */
  public interface Participant {
    /** Makes sure that it can be done, and answers whether it is. A failure is a no. */
    CompletionStage<Boolean> prepare(String id, byte[] proposal);

    /** Does it. Called again after a while when it fails. */
    CompletionStage<?> commit(String id, byte[] proposal);

    /** Does it not, and undoes the preparation. Called again after a while when it fails. */
    CompletionStage<?> abort(String id, byte[] proposal);
  }

  /**
   * What was decided.
   *
   * @param id the proposal's znode
   * @param reason why it was not committed; empty when it was
   */
  public record Decision(String id, boolean isCommitted, String reason) {}

  private final ConclaveClient client;
  private final String path;

  public TwoPhaseCommit(ConclaveClient client, String path) {
    this.client = client;
    this.path = path;
  }

  /**
   * Proposes something, as its coordinator.
   *
   * @param participants who has to say yes
   * @param within how long they may take to
   * @return what was decided; participants may not have done with it yet. When it fails, because
   *     the client is closed, the others decide.
   */
  public CompletableFuture<Decision> propose(
      byte[] proposal, Set<String> participants, Duration within) {
    if (participants.isEmpty()) {
      throw new IllegalArgumentException("there is nobody to agree");
    }
    participants.forEach(TwoPhaseCommit::checkName);
    Proposal mine = new Proposal(client.runtime().newUuid().toString());
    forgetOld();
    return begin(mine, proposal, new TreeSet<>(participants))
        .thenCompose(begun -> awaitVotes(mine, client.runtime().nanoTime() + within.toNanos()))
        .thenCompose(
            decision ->
                Trouble.untilAnswered(client, () -> mine.remove(COORDINATOR))
                    .thenCompose(gone -> mine.cleanUp())
                    .handle((cleaned, failure) -> decision));
  }

  /**
   * Takes part under a name, of which there is one process at a time: in everything that is
   * proposed from now on, and in what is not done with from before.
   */
  public Registration participate(String name, Participant participant) {
    checkName(name);
    Participation participation = new Participation(name, participant);
    Trouble.onItsThread(client, new CompletableFuture<>(), participation::start);
    return participation::stop;
  }

  /** Decides what has no coordinator and no decision; answers what it has decided. */
  public CompletableFuture<List<Decision>> recover() {
    return Trouble.untilAnswered(client, () -> client.getChildren(path))
        .thenCompose(
            outcome -> {
              List<CompletableFuture<Optional<Decision>>> all = new ArrayList<>();
              for (String id : outcome.value().map(Children::names).orElse(List.of())) {
                all.add(new Proposal(id).decideIfAbandoned());
              }
              return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
                  .thenApply(
                      done ->
                          all.stream()
                              .map(CompletableFuture::join)
                              .flatMap(Optional::stream)
                              .toList());
            });
  }

  private static void checkName(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("\"" + name + "\" can't be the name of a participant");
    }
  }

  private CompletableFuture<Void> begin(Proposal mine, byte[] proposal, Set<String> names) {
    Supplier<CompletableFuture<TransactionOutcome>> make =
        () ->
            client
                .transaction()
                .create(mine.root(), proposal, CreateMode.PERSISTENT)
                .create(mine.path(VOTES), null, CreateMode.PERSISTENT)
                .create(mine.path(DONE), null, CreateMode.PERSISTENT)
                .create(mine.path(COORDINATOR), null, CreateMode.EPHEMERAL)
                // Last, since participants look for it.
                .create(
                    mine.path(PARTICIPANTS),
                    String.join("\n", names).getBytes(UTF_8),
                    CreateMode.PERSISTENT)
                .commit();
    return Trouble.untilAnswered(client, make)
        .thenCompose(
            outcome -> {
              if (outcome instanceof TransactionOutcome.RolledBack refused
                  && refused.because(Refusal.NO_NODE)) {
                return Trouble.untilAnswered(client, () -> client.ensurePath(path))
                    .thenCompose(made -> begin(mine, proposal, names));
              }
              // That it exists, by a random name, is because the first answer was lost.
              if (outcome instanceof TransactionOutcome.RolledBack refused
                  && !refused.because(Refusal.NODE_EXISTS)) {
                refused.orThrow();
              }
              return CompletableFuture.completedFuture(null);
            });
  }

  /** Waits for the votes, or for the time to be over, and decides. */
  private CompletableFuture<Decision> awaitVotes(Proposal mine, long deadlineNanos) {
    return Trouble.untilAnswered(client, () -> client.getChildrenAndWatch(mine.path(VOTES)))
        .thenCompose(
            outcome -> {
              if (outcome.was(Refusal.NO_NODE)) {
                // Others have decided, and all have done with it.
                return mine.decision().thenApply(Optional::orElseThrow);
              }
              CompletableFuture<?> changed = outcome.orThrow().event();
              long leftNanos = deadlineNanos - client.runtime().nanoTime();
              return mine.state()
                  .thenCompose(
                      state -> {
                        if (state.mayBeDecided() || leftNanos <= 0) {
                          changed.cancel(false);
                          return mine.decide();
                        }
                        return eitherOr(changed, Duration.ofNanos(leftNanos))
                            .thenCompose(now -> awaitVotes(mine, deadlineNanos));
                      });
            });
  }

  /** Completes with the event, or with its failure, or when the time is over. */
  private CompletableFuture<Void> eitherOr(CompletableFuture<?> event, Duration atMost) {
    CompletableFuture<Void> either = new CompletableFuture<>();
    Registration timer = client.schedule(() -> either.complete(null), atMost);
    event.whenComplete((fired, failure) -> either.complete(null));
    return either.whenComplete(
        (done, failure) -> {
          timer.close();
          event.cancel(false);
        });
  }

  /** What is left of proposals that are long done with. */
  private void forgetOld() {
    client
        .getChildren(path)
        .thenAccept(
            outcome -> {
              for (String id : outcome.value().map(Children::names).orElse(List.of())) {
                Proposal old = new Proposal(id);
                old.read(PARTICIPANTS)
                    .thenCombine(
                        old.read(DECISION), (names, decision) -> forget(old, names, decision));
              }
            });
  }

  private boolean forget(Proposal old, Optional<Node> participants, Optional<Node> decision) {
    boolean isOld =
        participants.isEmpty()
            && decision
                .filter(
                    node ->
                        client.runtime().currentTimeMs() - node.stat().ctimeMs()
                            > REMEMBERED.toMillis())
                .isPresent();
    if (isOld) {
      client.deleteTree(old.root());
    }
    return isOld;
  }

  /**
   * How far a proposal is.
   *
   * @param decision empty while there is none
   */
  private record State(
      Set<String> participants, Set<String> yes, Set<String> no, Optional<Decision> decision) {

    boolean mayBeDecided() {
      return decision.isPresent() || !no.isEmpty() || yes.containsAll(participants);
    }

    String whyNot() {
      if (!no.isEmpty()) {
        return "refused by " + String.join(", ", no);
      }
      Set<String> missing = new TreeSet<>(participants);
      missing.removeAll(yes);
      return "no vote from " + String.join(", ", missing);
    }
  }

  /** One proposal's znodes. */
  private final class Proposal {
    private final String id;

    Proposal(String id) {
      this.id = id;
    }

    String root() {
      return Paths.child(path, id);
    }

    String path(String part) {
      return Paths.child(root(), part);
    }

    CompletableFuture<Optional<Node>> read(String part) {
      return Trouble.untilAnswered(client, () -> client.getData(path(part)))
          .thenApply(outcome -> Optional.ofNullable(outcome.orNullIf(Refusal.NO_NODE)));
    }

    CompletableFuture<Void> remove(String part) {
      return client
          .delete(path(part), ConclaveClient.ANY_VERSION)
          .thenAccept(outcome -> outcome.orNullIf(Refusal.NO_NODE));
    }

    CompletableFuture<Optional<Decision>> decision() {
      return read(DECISION)
          .thenApply(
              found ->
                  found.map(
                      node -> {
                        String[] lines = text(node).split("\n", 2);
                        return new Decision(
                            id, lines[0].equals("commit"), lines.length > 1 ? lines[1] : "");
                      }));
    }

    /** What the server knows now, and not what one that lags behind knew. */
    CompletableFuture<State> state() {
      return Trouble.untilAnswered(client, () -> client.sync(root()))
          .thenCompose(synced -> read(PARTICIPANTS))
          .thenCompose(
              names -> {
                Set<String> participants = names.map(node -> lines(text(node))).orElse(Set.of());
                Set<String> yes = new TreeSet<>();
                Set<String> no = new TreeSet<>();
                List<CompletableFuture<Void>> reads = new ArrayList<>();
                for (String name : participants) {
                  reads.add(
                      read(Paths.child(VOTES, name))
                          .thenAccept(
                              vote ->
                                  vote.ifPresent(
                                      node -> (text(node).equals(YES) ? yes : no).add(name))));
                }
                return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
                    .thenCompose(all -> decision())
                    .thenApply(decision -> new State(participants, yes, no, decision));
              });
    }

    /** Makes a decision, unless there is one; answers the one that there is. */
    CompletableFuture<Decision> decide() {
      return state()
          .thenCompose(
              state ->
                  state.decision().isPresent()
                      ? CompletableFuture.completedFuture(state.decision().get())
                      : decide(state));
    }

    private CompletableFuture<Decision> decide(State state) {
      Transaction transaction = client.transaction();
      String text;
      if (!state.participants().isEmpty() && state.yes().containsAll(state.participants())) {
        // The votes can't change; the check is for whoever removed one by hand.
        state.participants().forEach(name -> transaction.check(path(VOTES + "/" + name), 0));
        text = "commit";
      } else {
        text = "abort\n" + state.whyNot();
      }
      return transaction
          .create(path(DECISION), text.getBytes(UTF_8), CreateMode.PERSISTENT)
          .commit()
          .handle(
              (outcome, failure) -> {
                Throwable cause = outcome == null ? ConclaveException.causeOf(failure) : null;
                if (cause != null && !Trouble.isPassing(cause)) {
                  return CompletableFuture.<Decision>failedFuture(cause);
                }
                if (outcome instanceof TransactionOutcome.RolledBack refused
                    && !refused.because(Refusal.NODE_EXISTS)
                    && !refused.because(Refusal.NO_NODE)) {
                  refused.orThrow();
                }
                // Made, or another one was there before, or it is not known: one of them is there
                // now, or the next attempt makes it.
                return decide();
              })
          .thenCompose(next -> next);
    }

    CompletableFuture<Optional<Decision>> decideIfAbandoned() {
      return read(PARTICIPANTS)
          .thenCombine(
              read(COORDINATOR).thenCombine(read(DECISION), this::isSettledOrLed),
              (participants, settledOrLed) -> participants.isPresent() && !settledOrLed)
          .thenCompose(
              abandoned ->
                  abandoned
                      ? decide().thenApply(Optional::of)
                      : CompletableFuture.completedFuture(Optional.<Decision>empty()));
    }

    private boolean isSettledOrLed(Optional<Node> coordinator, Optional<Node> decision) {
      return coordinator.isPresent() || decision.isPresent();
    }

    /** Removes all but the decision, in one step, when all have done with it. */
    CompletableFuture<Void> cleanUp() {
      return Trouble.untilAnswered(client, this::tryToCleanUp);
    }

    private CompletableFuture<Void> tryToCleanUp() {
      return state()
          .thenCombine(client.getChildren(path(DONE)), this::removal)
          .thenCompose(
              transaction ->
                  transaction.isPresent()
                      // Refused when another one was faster, or the coordinator still waits.
                      ? transaction.get().commit().thenAccept(outcome -> {})
                      : CompletableFuture.completedFuture(null));
    }

    private Optional<Transaction> removal(State state, Outcome<Children> done) {
      Set<String> names = new HashSet<>(done.value().map(Children::names).orElse(List.of()));
      if (state.participants().isEmpty()
          || state.decision().isEmpty()
          || !names.containsAll(state.participants())) {
        return Optional.empty();
      }
      Transaction transaction = client.transaction();
      transaction.delete(path(PARTICIPANTS), ConclaveClient.ANY_VERSION);
      Set<String> voters = new TreeSet<>(state.yes());
      voters.addAll(state.no());
      voters.forEach(
          name -> transaction.delete(path(VOTES + "/" + name), ConclaveClient.ANY_VERSION));
      names.forEach(
          name -> transaction.delete(path(DONE + "/" + name), ConclaveClient.ANY_VERSION));
      transaction.delete(path(VOTES), ConclaveClient.ANY_VERSION);
      transaction.delete(path(DONE), ConclaveClient.ANY_VERSION);
      return Optional.of(transaction);
    }
  }

  private static String text(Node node) {
    byte[] data = node.data();
    return data == null ? "" : new String(data, UTF_8);
  }

  private static Set<String> lines(String text) {
    return text.isEmpty() ? Set.of() : new TreeSet<>(List.of(text.split("\n")));
  }

  /** A participant with all that it takes part in. On the client's thread. */
  private final class Participation {
    private final String name;
    private final Participant participant;
    private final LiveNames proposals;

    /** Those that were looked at and are under way, or need no more looking at. */
    private final Set<String> known = new HashSet<>();

    private boolean stopped;

    Participation(String name, Participant participant) {
      this.name = name;
      this.participant = participant;
      this.proposals =
          new LiveNames(client, path, Comparator.naturalOrder(), id -> true, this::look);
    }

    void start() {
      proposals.start();
    }

    void stop() {
      client
          .executor()
          .execute(
              () -> {
                stopped = true;
                proposals.close();
              });
    }

    private void look() {
      known.retainAll(proposals.names());
      for (String id : List.copyOf(proposals.names())) {
        if (known.add(id)) {
          takePart(new Proposal(id));
        }
      }
    }

    private void takePart(Proposal proposal) {
      if (stopped) {
        return;
      }
      proposal
          .read(PARTICIPANTS)
          .thenCombine(proposal.read(DONE + "/" + name), this::isConcerned)
          .thenCompose(
              concerned ->
                  concerned
                      ? Trouble.untilAnswered(client, () -> client.getData(proposal.root()))
                          .thenCompose(outcome -> vote(proposal, data(outcome)))
                      : CompletableFuture.completedFuture(null))
          .whenComplete(
              (done, failure) -> {
                if (failure != null && !stopped && !client.isEnded()) {
                  LOG.warn(
                      "{} tries {} again",
                      name,
                      proposal.root(),
                      ConclaveException.causeOf(failure));
                  Trouble.later(
                      client, RETRY_AFTER, () -> takePart(proposal), new CompletableFuture<>());
                }
              });
    }

    private boolean isConcerned(Optional<Node> participants, Optional<Node> done) {
      return done.isEmpty()
          && participants.map(node -> lines(text(node)).contains(name)).orElse(false);
    }

    private byte[] data(Outcome<Node> outcome) {
      byte[] data = outcome.orThrow().data();
      return data == null ? new byte[0] : data;
    }

    private CompletableFuture<Void> vote(Proposal proposal, byte[] what) {
      return proposal
          .state()
          .thenCompose(
              state -> {
                boolean hasVoted = state.yes().contains(name) || state.no().contains(name);
                return hasVoted || state.decision().isPresent()
                    ? CompletableFuture.<Void>completedFuture(null)
                    : prepare(proposal, what)
                        .thenCompose(yes -> writeVote(proposal, yes ? YES : "no"));
              })
          .thenCompose(voted -> awaitDecision(proposal))
          .thenCompose(decision -> finish(proposal, what, decision));
    }

    private CompletableFuture<Boolean> prepare(Proposal proposal, byte[] what) {
      return ask(() -> participant.prepare(proposal.id, what))
          .exceptionally(
              failure -> {
                LOG.warn(
                    "{} can't prepare {}",
                    name,
                    proposal.root(),
                    ConclaveException.causeOf(failure));
                return false;
              });
    }

    private <T> CompletableFuture<T> ask(Supplier<? extends CompletionStage<T>> question) {
      try {
        return question.get().toCompletableFuture();
      } catch (RuntimeException mistake) {
        return CompletableFuture.failedFuture(mistake);
      }
    }

    /** What is written stays what it is: a second attempt finds the first one's. */
    private CompletableFuture<Void> writeVote(Proposal proposal, String text) {
      String znode = proposal.path(VOTES + "/" + name);
      return Trouble.untilAnswered(
              client, () -> client.create(znode, text.getBytes(UTF_8), CreateMode.PERSISTENT))
          .thenAccept(outcome -> outcome.orNullIf(Refusal.NODE_EXISTS));
    }

    private CompletableFuture<Decision> awaitDecision(Proposal proposal) {
      return Trouble.untilAnswered(client, () -> client.existsAndWatch(proposal.path(DECISION)))
          .thenCompose(
              decided -> {
                if (decided.value().isPresent()) {
                  decided.event().cancel(false);
                  return proposal.decision().thenApply(Optional::orElseThrow);
                }
                return Trouble.untilAnswered(
                        client, () -> client.existsAndWatch(proposal.path(COORDINATOR)))
                    .thenCompose(
                        coordinator -> {
                          if (coordinator.value().isEmpty()) {
                            decided.event().cancel(false);
                            coordinator.event().cancel(false);
                            return proposal.decide();
                          }
                          return firstOf(decided.event(), coordinator.event())
                              .thenCompose(changed -> awaitDecision(proposal));
                        });
              });
    }

    /** Completes with either event, or with its failure: both say to look again. */
    private CompletableFuture<Void> firstOf(
        CompletableFuture<?> event, CompletableFuture<?> other) {
      CompletableFuture<Void> either = new CompletableFuture<>();
      event.whenComplete((fired, failure) -> either.complete(null));
      other.whenComplete((fired, failure) -> either.complete(null));
      return either.whenComplete(
          (done, failure) -> {
            event.cancel(false);
            other.cancel(false);
          });
    }

    private CompletableFuture<Void> finish(Proposal proposal, byte[] what, Decision decision) {
      CompletableFuture<?> finished =
          decision.isCommitted()
              ? ask(() -> widen(participant.commit(proposal.id, what)))
              : ask(() -> widen(participant.abort(proposal.id, what)));
      return finished
          .thenCompose(done -> writeDone(proposal))
          .thenCompose(written -> cleanUpIfLast(proposal));
    }

    /** When it can't be written any more, it was: all is cleaned up. */
    private CompletableFuture<Void> writeDone(Proposal proposal) {
      String znode = proposal.path(DONE + "/" + name);
      return Trouble.untilAnswered(client, () -> client.create(znode, null, CreateMode.PERSISTENT))
          .thenAccept(
              outcome -> {
                if (!outcome.was(Refusal.NO_NODE)) {
                  outcome.orNullIf(Refusal.NODE_EXISTS);
                }
              });
    }

    private CompletionStage<@Nullable Void> widen(CompletionStage<?> stage) {
      return stage.thenApply(done -> null);
    }

    /** Unless a coordinator is there, which has to know the decision first. */
    private CompletableFuture<Void> cleanUpIfLast(Proposal proposal) {
      return proposal
          .read(COORDINATOR)
          .thenCompose(
              coordinator ->
                  coordinator.isPresent()
                      ? CompletableFuture.completedFuture(null)
                      : proposal.cleanUp());
    }
  }
}
