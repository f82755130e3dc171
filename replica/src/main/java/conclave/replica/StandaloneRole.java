package conclave.replica;

import conclave.protocol.LoggedTxn;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.state.Caller;
import conclave.state.StateMachine;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A server that stands alone: what its own disk has is committed. */
final class StandaloneRole extends Role {
  private final ArrayDeque<Submission> inFlight = new ArrayDeque<>();
  private final Housekeeping housekeeping;
  private long preparedZxid;
  private long durableZxid;

  StandaloneRole(Core core) {
    super(core);
    this.preparedZxid = core.state().lastAppliedZxid();
    this.durableZxid = preparedZxid;
    this.housekeeping = new Housekeeping(core, this::order);
  }

  @Override
  RoleView view() {
    return new RoleView(RoleView.Part.STANDALONE, -1, -1, Serving.EVERYBODY);
  }

  @Override
  void start() {
    core.sessions.watchAll(core.state().sessions(), core.nowMs());
    core.host.serve(Serving.EVERYBODY);
  }

  @Override
  void end() {
    throw new IllegalStateException("a server that stands alone does so for ever");
  }

  @Override
  void submit(Submission submission) {
    inFlight.addLast(submission);
    if (Unlogged.is(submission.request())) {
      // Ordered behind every change that came before it, and no change itself.
      submission.orderedBehind(preparedZxid);
      return;
    }
    LoggedTxn txn =
        core.state()
            .prepare(submission.request(), submission.caller(), preparedZxid + 1, core.wallMs());
    preparedZxid = txn.zxid();
    submission.ordered(txn);
    if (txn.txn() instanceof Txn.CloseSession) {
      core.sessions.closing(submission.caller().sessionId());
    }
    core.host.append(txn);
  }

  /** Why not, or null. */
  @Nullable String restore(StateMachine made) {
    long zxid = made.lastAppliedZxid();
    if (zxid <= preparedZxid) {
      return "the new zxid=0x%x is not greater than the last one, zxid=0x%x"
          .formatted(zxid, preparedZxid);
    }
    if (made.sessionCount() > 0) {
      throw new IllegalArgumentException("sessions=" + made.sessionCount());
    }
    core.host.serve(Serving.NOBODY);
    for (Submission lost : inFlight) {
      lost.lost();
      core.applying.answers().answer(lost);
    }
    inFlight.clear();
    core.host.install(made, zxid);
    core.replaceState(made, zxid);
    core.sessions.watchAll(made.sessions(), core.nowMs());
    preparedZxid = zxid;
    durableZxid = zxid;
    core.host.serve(Serving.EVERYBODY);
    return null;
  }

  private void order(Caller caller, Request request) {
    submit(new Submission(null, caller, request, 0));
  }

  @Override
  void attach(Attach attach) {
    if (core.sessions.isAlive(attach.sessionId())) {
      attach.granted(
          core.sessions.attach(
              attach.sessionId(), attach.timeoutMs(), attach.client(), core.nowMs()));
    }
    attach.client().deliver(attach);
  }

  @Override
  void durable(long zxid) {
    durableZxid = zxid;
  }

  @Override
  boolean isIdle() {
    return inFlight.isEmpty();
  }

  @Override
  void tick() {
    housekeeping.tick();
  }

  @Override
  long nextWakeMs() {
    return housekeeping.nextWakeMs();
  }

  @Override
  void finish() {
    core.host.flushLog();
    for (Submission head = inFlight.peekFirst();
        head != null && head.zxid() <= durableZxid;
        head = inFlight.peekFirst()) {
      core.applying.durable(inFlight.removeFirst());
    }
    core.applying.run();
    core.host.flushClients();
  }

  /** Whether something that was asked for can be answered now. */
  boolean hasDurable(long zxid) {
    Submission head = inFlight.peekFirst();
    return head != null && head.zxid() <= zxid;
  }
}
