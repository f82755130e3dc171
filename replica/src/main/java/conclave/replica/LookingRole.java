package conclave.replica;

import conclave.consensus.Election;
import conclave.protocol.ErrorCode;
import conclave.protocol.QuorumPacket;
import conclave.protocol.Reply;
import conclave.protocol.Request;
import conclave.state.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for a leader. Who connects to the quorum port meanwhile may have been told already that
 * this member leads, and is kept waiting for a moment.
 */
final class LookingRole extends Role {
  /** The vote of who has nothing to lead with: it is counted nowhere. */
  private static final long NO_DATABASE = -1;

  /** How long somebody who has found a leader before this member may wait for it to notice. */
  private static final long LONGEST_WAIT_MS = 1_500;

  /** Members and observers that may wait; others come again. */
  private static final int MOST_WAITING = 64;

  /** Packets that are kept of one that waits: it introduces itself and then waits for an answer. */
  private static final int MOST_PACKETS = 2;

  /** Apache's least time without a quorum before readers are let in. */
  private static final long READ_ONLY_AFTER_MS = 2_000;

  /** Somebody at the quorum port. */
  record Visitor(long sinceMs, List<QuorumPacket> packets) {}

  private final Election election;
  private final boolean incomplete;
  private final Map<Long, Visitor> visitors = new LinkedHashMap<>();
  private final long sinceMs;
  private boolean voting;
  private boolean readOnly;

  LookingRole(Core core, Election election, boolean incomplete) {
    super(core);
    this.election = election;
    this.incomplete = incomplete;
    this.sinceMs = core.nowMs();
  }

  @Override
  RoleView view() {
    return new RoleView(RoleView.Part.LOOKING, -1, -1, readOnly ? Serving.READERS : Serving.NOBODY);
  }

  @Override
  void start() {
    core.sessions.watchOwn(core.nowMs());
    voteIfDurable();
  }

  /** A vote says what this member's disk has, so that has to be settled. */
  private void voteIfDurable() {
    if (!voting && core.history.isDurable()) {
      voting = true;
      election.lookForLeader(
          incomplete ? NO_DATABASE : core.history.lastZxid(), core.epochs.current(), core.nowMs());
    }
  }

  /** Those who wait, with what they have said. */
  Map<Long, Visitor> takeVisitors() {
    Map<Long, Visitor> taken = new LinkedHashMap<>(visitors);
    visitors.clear();
    return taken;
  }

  @Override
  void end() {
    for (long link : visitors.keySet()) {
      core.host.close(link, "this server is not leading");
    }
    visitors.clear();
    if (readOnly) {
      core.host.serve(Serving.NOBODY);
    }
  }

  @Override
  void submit(Submission submission) {
    if (!readOnly) {
      submission.lost();
    } else if (submission.request() instanceof Request.CreateSession create) {
      // It lives as long as its connection does, and nobody else knows of it.
      submission.done(
          new Outcome(ErrorCode.OK, Reply.NOTHING),
          core.sessions.created(
              submission.caller().sessionId(),
              create.timeoutMs(),
              submission.client(),
              core.nowMs()));
    } else if (submission.request() instanceof Request.CloseSession) {
      core.sessions.detach(submission.caller().sessionId(), submission.client());
      submission.done(new Outcome(ErrorCode.OK, Reply.NOTHING), null);
    } else {
      submission.orderedBehind(core.state().lastAppliedZxid());
      submission.done(new Outcome(ErrorCode.NOT_READ_ONLY, Reply.NOTHING), null);
    }
    submission.client().deliver(submission);
  }

  @Override
  void attach(Attach attach) {
    if (!readOnly) {
      attach.lost();
    } else if (core.state().sessionTimeoutMs(attach.sessionId()) != null) {
      attach.granted(
          core.sessions.attach(
              attach.sessionId(), attach.timeoutMs(), attach.client(), core.nowMs()));
    }
    attach.client().deliver(attach);
  }

  @Override
  void durable(long zxid) {
    core.history.durable(zxid);
    voteIfDurable();
  }

  @Override
  boolean isIdle() {
    return core.history.isDurable();
  }

  @Override
  void learnerConnected(long link) {
    if (visitors.size() >= MOST_WAITING) {
      core.host.close(link, "too many are waiting for a leader here");
    } else {
      visitors.put(link, new Visitor(core.nowMs(), new ArrayList<>(1)));
    }
  }

  @Override
  void learnerPacket(long link, QuorumPacket packet) {
    Visitor visitor = visitors.get(link);
    if (visitor != null && visitor.packets().size() < MOST_PACKETS) {
      visitor.packets().add(packet);
    } else if (visitor != null) {
      visitors.remove(link);
      core.host.close(link, "it talks without waiting for an answer");
    }
  }

  @Override
  void learnerClosed(long link) {
    visitors.remove(link);
  }

  @Override
  void tick() {
    long nowMs = core.nowMs();
    visitors
        .entrySet()
        .removeIf(
            entry -> {
              boolean late = nowMs - entry.getValue().sinceMs() >= LONGEST_WAIT_MS;
              if (late) {
                core.host.close(entry.getKey(), "this server is not leading");
              }
              return late;
            });
    if (!readOnly && mayServeReaders() && nowMs >= readersFromMs()) {
      readOnly = true;
      core.host.serve(Serving.READERS);
      core.host.tell("There is no quorum. Clients that are content with reading are served.");
    }
  }

  private boolean mayServeReaders() {
    ReplicaConfig.Ensemble ensemble = core.config.ensemble();
    return ensemble != null && ensemble.readOnlyMode() && !ensemble.observer() && !incomplete;
  }

  private long readersFromMs() {
    return sinceMs + Math.max(READ_ONLY_AFTER_MS, core.config.tickTimeMs());
  }

  @Override
  long nextWakeMs() {
    long next = Long.MAX_VALUE;
    for (Visitor visitor : visitors.values()) {
      next = Math.min(next, visitor.sinceMs() + LONGEST_WAIT_MS);
    }
    return !readOnly && mayServeReaders() ? Math.min(next, readersFromMs()) : next;
  }

  @Override
  void finish() {
    core.host.flushLog();
    core.applying.run();
    core.host.flushClients();
  }
}
