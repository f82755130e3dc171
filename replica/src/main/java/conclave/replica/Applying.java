package conclave.replica;

import conclave.consensus.Proposal;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.state.EventSink;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import conclave.state.WatchEvent;
import conclave.state.Watcher;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is committed and waits to be applied, in order. A batch is applied with the readers kept out
 * once; deliveries are made before they are let in again, so that nobody sees a state whose events
 * are not on their way.
 */
final class Applying {
  /** Changes applied before readers have their turn. */
  private static final int BATCH = 1024;

  private static final int SHORT = 16;

  /** Something that has its turn among the changes. */
  @FunctionalInterface
  interface Turn {
    void come();
  }

  /** Finds who asked this member for a transaction that came from elsewhere. */
  @FunctionalInterface
  interface Claims {
    /** None were asked for here. */
    Claims NONE = txn -> null;

    @Nullable Submission claim(LoggedTxn txn);
  }

  private final Core core;
  private final ArrayDeque<Object> queue = new ArrayDeque<>();
  private final EventSink events = new Events();
  private final AnswerOrder answers = new AnswerOrder();
  private Claims claims = Claims.NONE;

  Applying(Core core) {
    this.core = core;
  }

  AnswerOrder answers() {
    return answers;
  }

  void claims(Claims by) {
    claims = by;
  }

  /** A transaction whose payload is its {@link Submission} or its {@link LoggedTxn}. */
  void committed(Proposal proposal) {
    Object payload = proposal.payload();
    if (payload == null) {
      throw new IllegalStateException("no payload: zxid=0x" + Long.toHexString(proposal.zxid()));
    }
    queue.addLast(payload);
  }

  /** A request of a server that stands alone; it has a transaction, or its turn is all it needs. */
  void durable(Submission submission) {
    queue.addLast(submission);
  }

  /** Has its turn behind everything that is committed so far. */
  void then(Turn turn) {
    queue.addLast(turn);
  }

  /** Applies everything that is there. */
  void run() {
    while (!queue.isEmpty()) {
      core.host.exclusively(this::runBatch);
    }
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /** Whether it takes no time to speak of. */
  boolean isShort() {
    return queue.size() <= SHORT;
  }

  private void runBatch() {
    for (int count = 0; count < BATCH; count++) {
      Object next = queue.pollFirst();
      if (next == null) {
        return;
      }
      if (next instanceof Submission submission) {
        own(submission);
      } else if (next instanceof LoggedTxn txn) {
        apply(txn, claims.claim(txn));
      } else {
        ((Turn) next).come();
      }
    }
  }

  private void own(Submission submission) {
    LoggedTxn txn = submission.txn();
    if (txn != null) {
      // Who was told that it is lost is not told again when another role finds it committed.
      apply(txn, submission.isAnswered() ? null : submission);
    } else {
      submission.done(Unlogged.outcome(submission.request()), null);
      answers.answer(submission);
    }
  }

  private void apply(LoggedTxn txn, @Nullable Submission asked) {
    Outcome outcome = core.state().apply(txn, events);
    Request request = asked == null ? null : asked.request();
    core.host.applied(txn.header().clientId(), request, txn.txn(), outcome.error());
    SessionExpiry.Handle session = sessionEffects(txn, asked);
    if (asked != null) {
      asked.ordered(txn);
      asked.done(outcome, session);
      answers.answer(asked);
    }
  }

  private SessionExpiry.@Nullable Handle sessionEffects(
      LoggedTxn logged, @Nullable Submission asked) {
    long id = logged.header().clientId();
    Client by = asked != null && asked.hasClient() ? asked.client() : null;
    if (logged.txn() instanceof Txn.CreateSession create) {
      return core.sessions.created(id, create.timeoutMs(), by, core.nowMs());
    }
    if (logged.txn() instanceof Txn.CloseSession) {
      core.sessions.closed(id, by);
    }
    return null;
  }

  /** All who watch are clients. */
  private final class Events implements EventSink {
    @Override
    public void event(WatchEvent event, Watcher watcher) {
      core.host.fired(event, 1);
      Client client = (Client) watcher;
      client.deliver(new Delivery.Event(client, event));
    }

    @Override
    public void events(WatchEvent event, List<Watcher> watchers) {
      core.host.fired(event, watchers.size());
      ((Client) watchers.get(0)).deliverToAll(event, watchers);
    }
  }
}
