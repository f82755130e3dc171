package conclave.replica;

import conclave.consensus.DiskLog;
import conclave.consensus.Election;
import conclave.consensus.LeaderPort;
import conclave.consensus.Leading;
import conclave.consensus.Proposal;
import conclave.protocol.ErrorCode;
import conclave.protocol.ForwardedRequest;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.OpCode;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.Request;
import conclave.protocol.Revalidation;
import conclave.protocol.SessionTouches;
import conclave.protocol.Txn;
import conclave.protocol.TxnHeader;
import conclave.state.Caller;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Leads: orders what its own clients and those of its learners ask for, and answers its own.
 *
 * <p>Between the ports of {@link Leading}, which orders bytes, and the tree, which knows what they
 * mean.
 */
final class LeaderRole extends Role implements LeaderPort, LocalSessions.Rest {

  /**
   * Something that has its turn among the changes without being one: a sync, which also needs a
   * quorum that has followed this leader since it came in (ZOOKEEPER-1675).
   *
   * @param zxid the last change before it
   * @param round of {@link Leading#confirm} that it waits for, 0 for none
   * @param own who asked, when that was a client of this member
   * @param link of the learner that asked otherwise
   */
  private record Waiter(long zxid, long round, @Nullable Submission own, long link) {}

  private final ReplicaConfig.Ensemble ensemble;
  private final Election election;
  private final Leading leading;
  private final Map<Long, LookingRole.Visitor> visitors;
  private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

  /** Where each session was last heard to be: a {@link Client} of this member, or a link. */
  private final Map<Long, Object> seats = new HashMap<>();

  private final LeaderFigures figures;
  private final JuteWriter scratch = new JuteWriter(4096);
  private final @Nullable LocalSessions local;
  private @Nullable Housekeeping housekeeping;
  private Serving serving = Serving.NOBODY;
  private long epoch = -1;
  private long confirmedRound;
  private boolean flushLinksAgain;

  LeaderRole(
      Core core,
      ReplicaConfig.Ensemble ensemble,
      Election election,
      Map<Long, LookingRole.Visitor> visitors) {
    super(core);
    this.ensemble = ensemble;
    this.election = election;
    this.visitors = visitors;
    this.local =
        ensemble.localSessions()
            ? new LocalSessions(core, ensemble.localSessionsUpgrading())
            : null;
    this.figures = new LeaderFigures(core.nowMs());
    this.leading =
        new Leading(
            Settings.leading(core.config, ensemble),
            ensemble.membership(),
            core.history,
            this::readDurable,
            core.epochs,
            this);
  }

  /** The log's files are read while they are written: only what is settled in them is there. */
  private DiskLog.@Nullable Transactions readDurable(long afterZxid, long upToZxid) {
    return upToZxid <= core.history.durableZxid()
        ? core.host.diskLog().read(afterZxid, upToZxid)
        : null;
  }

  @Override
  RoleView view() {
    return new RoleView(RoleView.Part.LEADING, ensemble.sid(), epoch, serving);
  }

  /** One that serves nobody is established without any change of whom it serves. */
  @Override
  boolean hasNews(RoleView told) {
    return super.hasNews(told)
        || epoch != told.epoch() && leading.phase() == Leading.Phase.BROADCAST;
  }

  @Override
  LeaderFigures figures() {
    return figures;
  }

  Leading leading() {
    return leading;
  }

  @Override
  void start() {
    // All that a leader has in its log is the beginning of its epoch.
    for (Proposal next = core.history.nextToCommit();
        next != null;
        next = core.history.nextToCommit()) {
      core.applying.committed(core.history.commit());
    }
    core.applying.run();
    leading.start(core.nowMs());
    visitors.forEach(
        (link, visitor) -> {
          learnerConnected(link);
          visitor.packets().forEach(packet -> learnerPacket(link, packet));
        });
  }

  @Override
  void end() {
    if (serving != Serving.NOBODY) {
      serving = Serving.NOBODY;
      core.host.serve(Serving.NOBODY);
    }
    leading.links().forEach(link -> core.host.close(link, "this server does not lead any more"));
    core.applying.run();
    for (Proposal proposal : core.history.tail()) {
      if (proposal.payload() instanceof Submission submission && !submission.isAnswered()) {
        submission.lost();
        core.applying.answers().answer(submission);
      }
    }
    core.applying.answers().lose();
    waiters.clear();
    core.state().discardPrepared();
  }

  // --- clients of this member

  @Override
  void submit(Submission submission) {
    if (serving == Serving.NOBODY) {
      submission.lost();
      core.applying.answers().answer(submission);
      return;
    }
    if (local != null) {
      local.submit(submission, this);
    } else {
      order(submission);
    }
  }

  @Override
  public void inTurn(Submission asked, Outcome outcome, SessionExpiry.@Nullable Handle handle) {
    // It counts as answered only when all before it is decided: until then nobody may be told of
    // it, be it behind a request that is answered sooner.
    asked.orderedBehind(core.history.lastZxid());
    asked.prepared(outcome, handle);
    core.applying.answers().expect(asked);
    waiters.addLast(new Waiter(core.history.lastZxid(), 0, asked, 0));
  }

  @Override
  public void order(Submission submission) {
    Request request = submission.request();
    long session = submission.caller().sessionId();
    boolean unlogged = Unlogged.is(request);
    if (unlogged || core.applying.answers().isExpecting(session)) {
      core.applying.answers().expect(submission);
    }
    if (unlogged) {
      long round = request instanceof Request.Sync ? leading.confirm(core.nowMs()) : 0;
      submission.orderedBehind(core.history.lastZxid());
      waiters.addLast(new Waiter(core.history.lastZxid(), round, submission, 0));
    } else {
      // What this member asks for by itself, as to make a local session global, has no seat.
      Client seat = submission.hasClient() ? submission.client() : null;
      propose(request, submission.caller(), submission, seat);
    }
  }

  @Override
  void attach(Attach attach) {
    long id = attach.sessionId();
    if (serving == Serving.NOBODY) {
      attach.lost();
    } else if (core.sessions.isAlive(id)) {
      seats.put(id, attach.client());
      attach.granted(core.sessions.attach(id, attach.timeoutMs(), attach.client(), core.nowMs()));
    }
    attach.client().deliver(attach);
  }

  // --- order

  private void orderOwn(Caller caller, Request request) {
    propose(request, caller, null, null);
  }

  /**
   * Decides on a request and proposes what comes of it.
   *
   * @param own when a client of this member asked
   * @param seat where the session asks from; null for this server itself
   */
  private void propose(
      Request request, Caller caller, @Nullable Submission own, @Nullable Object seat) {
    if (leading.isEpochUsedUp()) {
      // The counter must not run over into the next epoch (ZOOKEEPER-1277).
      over("the zxids of this epoch are used up");
    }
    if (over() != null) {
      if (own != null) {
        own.lost();
        core.applying.answers().answer(own);
      }
      return;
    }
    long zxid = leading.nextZxid();
    LoggedTxn txn =
        !isSeated(request, caller.sessionId(), seat)
            ? refusal(caller, zxid, ErrorCode.SESSION_MOVED)
            : seat != null && isEndedHere(request, caller.sessionId())
                ? refusal(caller, zxid, ErrorCode.SESSION_EXPIRED)
                : core.state().prepare(request, caller, zxid, core.wallMs());
    propose(txn, own);
    if (txn.txn() instanceof Txn.CloseSession) {
      core.sessions.closing(caller.sessionId());
      seats.remove(caller.sessionId());
    }
  }

  /**
   * With local sessions one that the tree doesn't know may be some other member's; but one that
   * this member made, and doesn't know, is over.
   */
  private boolean isEndedHere(Request request, long session) {
    return local != null
        && session >>> 56 == (core.config.serverId() & 0xff)
        && !(request instanceof Request.CreateSession)
        && !core.sessions.isAlive(session);
  }

  private LoggedTxn refusal(Caller caller, long zxid, ErrorCode error) {
    return new LoggedTxn(
        new TxnHeader(caller.sessionId(), caller.cxid(), zxid, core.wallMs()),
        new Txn.Error(error),
        null);
  }

  private void propose(LoggedTxn txn, @Nullable Submission own) {
    scratch.reset();
    txn.write(scratch);
    byte[] body = scratch.toByteArray();
    if (own != null) {
      own.ordered(txn);
    }
    figures.proposed(body.length);
    leading.propose(new Proposal(txn.zxid(), body, own != null ? own : txn));
    core.host.append(txn.zxid(), body);
  }

  /**
   * Whether a session asks from where it is. The first to ask after an election is believed; later
   * a session moves by having itself validated elsewhere, as in Apache.
   *
   * <p>Apache lets every request to close a session pass. One that was held up in a member from
   * which the session has moved away meanwhile would end it there, behind later requests; so here
   * it is refused as they are.
   */
  private boolean isSeated(Request request, long session, @Nullable Object seat) {
    if (seat == null) {
      return true;
    }
    Object known =
        request instanceof Request.CloseSession
            ? seats.get(session)
            : seats.putIfAbsent(session, seat);
    return known == null || known.equals(seat);
  }

  // --- learners, by way of the consensus

  @Override
  void learnerConnected(long link) {
    leading.connected(link, core.nowMs());
  }

  @Override
  void learnerPacket(long link, QuorumPacket packet) {
    leading.received(link, packet, core.nowMs());
  }

  @Override
  void learnerProgress(long link) {
    leading.progressed(link, core.nowMs());
  }

  @Override
  void learnerClosed(long link) {
    leading.closed(link, core.nowMs());
  }

  @Override
  public void fromLearner(long link, long sid, QuorumPacket packet) {
    try {
      if (packet.is(QuorumPacketType.REQUEST)) {
        forwarded(link, ForwardedRequest.read(packet.data()), packet);
      } else if (packet.is(QuorumPacketType.REVALIDATE)) {
        revalidate(link, packet);
      } else if (packet.is(QuorumPacketType.PING)) {
        long nowMs = core.nowMs();
        SessionTouches.read(
            packet.data(), (id, timeoutMs) -> core.sessions.touch(id, timeoutMs, nowMs));
      } else {
        throw new MalformedRecordException("unexpected " + packet);
      }
    } catch (MalformedRecordException e) {
      close(link, "server " + sid + " sent what makes no sense: " + e.getMessage());
      leading.closed(link, core.nowMs());
    }
  }

  private void forwarded(long link, ForwardedRequest forwarded, QuorumPacket packet) {
    if (serving == Serving.NOBODY && epoch < 0) {
      throw new MalformedRecordException("a request before the epoch has begun");
    }
    OpCode op = OpCode.of(forwarded.opCode());
    if (op == OpCode.SYNC) {
      long round = leading.confirm(core.nowMs());
      waiters.addLast(new Waiter(core.history.lastZxid(), round, null, link));
      return;
    }
    Caller caller =
        new Caller(
            forwarded.sessionId(),
            forwarded.cxid(),
            packet.authInfo() == null ? List.of() : packet.authInfo());
    Request request = read(op, forwarded);
    if (request == null) {
      ErrorCode error = op == null ? ErrorCode.UNIMPLEMENTED : ErrorCode.MARSHALLING_ERROR;
      if (over() == null) {
        propose(refusal(caller, leading.nextZxid(), error), null);
      }
    } else {
      propose(request, caller, null, link);
    }
  }

  /** Null for what can't be read and isn't a multi, which is refused in its own way. */
  private static @Nullable Request read(@Nullable OpCode op, ForwardedRequest forwarded) {
    if (op == null) {
      return null;
    }
    try {
      return Request.read(op, forwarded.body());
    } catch (MalformedRecordException e) {
      return op == OpCode.MULTI ? new Request.Unreadable(op) : null;
    }
  }

  private void revalidate(long link, QuorumPacket packet) {
    byte[] data = packet.data();
    if (data == null) {
      throw new MalformedRecordException("a validation of nothing");
    }
    Revalidation.Ask ask = Revalidation.Ask.read(data);
    boolean valid = core.sessions.touch(ask.sessionId(), ask.timeoutMs(), core.nowMs());
    if (valid) {
      seats.put(ask.sessionId(), link);
    }
    send(
        link,
        new QuorumPacket(
            QuorumPacketType.REVALIDATE,
            -1,
            new Revalidation.Answer(ask.sessionId(), valid).toBytes()));
  }

  // --- what the consensus wants

  @Override
  public void send(long link, QuorumPacket packet) {
    core.host.send(link, packet);
    flushLinksAgain = true;
  }

  @Override
  public long sendSnapshot(long link) {
    core.applying.run();
    long zxid = core.history.committedZxid();
    return core.host.sendSnapshot(link, zxid) ? zxid : SNAPSHOT_LATER;
  }

  @Override
  public void close(long link, String why) {
    core.host.close(link, why);
  }

  @Override
  public void epochBegins(long newEpoch) {
    epoch = newEpoch;
  }

  @Override
  public void lead(long newEpoch) {
    core.applying.run();
    core.sessions.watchAll(core.state().sessions(), core.nowMs());
    housekeeping = new Housekeeping(core, this::orderOwn);
    core.configuration(ensemble.membership().text());
    election.established(newEpoch);
    figures.established();
    serving = ensemble.leaderServes() ? Serving.EVERYBODY : Serving.NOBODY;
    core.host.serve(serving);
  }

  @Override
  public void committed(Proposal proposal) {
    core.applying.committed(proposal);
  }

  @Override
  public void learnerReady(long link, long sid) {
    figures.learners(leading.learners());
    tellOf(sid, " is up to date and follows.");
  }

  @Override
  public void learnerGone(long link, long sid) {
    figures.learners(leading.learners());
    tellOf(sid, " does not follow any more.");
  }

  /** Strangers may come and go as they like; an operator wants to hear of the members. */
  private void tellOf(long sid, String what) {
    if (ensemble.membership().member(sid) != null) {
      core.host.tell("Server " + sid + what);
    }
  }

  @Override
  public void confirmed(long round) {
    confirmedRound = round;
  }

  @Override
  public void stepDown(String why) {
    over(why);
  }

  // --- time and the log

  @Override
  void durable(long zxid) {
    leading.durable(zxid, core.nowMs());
  }

  @Override
  boolean isIdle() {
    return core.history.tailSize() == 0 && waiters.isEmpty();
  }

  @Override
  void tick() {
    if (housekeeping != null) {
      housekeeping.tick();
    }
    leading.tick(core.nowMs());
  }

  @Override
  long nextWakeMs() {
    long next = leading.nextWakeMs();
    return housekeeping == null ? next : Math.min(next, housekeeping.nextWakeMs());
  }

  @Override
  void finish() {
    if (over() == null) {
      leading.flush(core.nowMs());
    }
    // The others first: their way to the disk is longer.
    core.host.flushLinks();
    core.host.flushLog();
    flushLinksAgain = false;
    core.applying.run();
    answerWaiters();
    figures.pendingSyncs(waiters.size());
    if (flushLinksAgain) {
      core.host.flushLinks();
    }
    core.host.flushClients();
  }

  private void answerWaiters() {
    for (Waiter head = waiters.peekFirst();
        head != null
            && head.zxid() <= core.history.committedZxid()
            && head.round() <= confirmedRound;
        head = waiters.peekFirst()) {
      waiters.removeFirst();
      Submission own = head.own();
      if (own == null) {
        send(head.link(), new QuorumPacket(QuorumPacketType.SYNC, 0));
      } else {
        if (!own.isAnswered() && !own.doneAsPrepared()) {
          own.done(Unlogged.outcome(own.request()), null);
        }
        core.applying.answers().answer(own);
      }
    }
  }
}
