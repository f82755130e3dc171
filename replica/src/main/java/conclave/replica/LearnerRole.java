package conclave.replica;

import conclave.consensus.Election;
import conclave.consensus.Following;
import conclave.consensus.LearnerPort;
import conclave.consensus.Proposal;
import conclave.protocol.ForwardedRequest;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.OpCode;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.Request;
import conclave.protocol.Revalidation;
import conclave.protocol.Txn;
import conclave.state.Outcome;
import conclave.state.SessionExpiry;
import conclave.state.StateMachine;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows or observes a leader: hands on what its clients ask for, and answers them when the commit
 * comes back.
 *
 * <p>A member whose disk has lost something joins as an observer that nobody knows by name, so that
 * it is counted nowhere; when it has everything, and a quorum has proven since then that it follows
 * this leader, it comes again as itself. See docs/decisions/incomplete-members.md.
 */
final class LearnerRole extends Role implements LearnerPort, LocalSessions.Rest {
  /** Tries to reach the leader, which may take a moment to notice that it is one. */
  private static final int MOST_TRIES = 25;

  private static final long FIRST_RETRY_MS = 10;
  private static final long LONGEST_RETRY_MS = 200;

  private final ReplicaConfig.Ensemble ensemble;
  private final long leader;
  private final boolean incomplete;
  private final Election election;
  private final Following following;
  private final LinkIds links;
  private final @Nullable LocalSessions local;

  /** Syncs that the leader has not answered; null stands for this member's own question. */
  private final ArrayDeque<Sync> syncs = new ArrayDeque<>();

  private final Map<Long, ArrayDeque<Attach>> attaches = new HashMap<>();
  private final JuteWriter scratch = new JuteWriter(1024);

  /** A sync on its way; without a submission it is this member's own. */
  private record Sync(@Nullable Submission submission) {}

  private Serving serving = Serving.NOBODY;
  private long link;
  private int tries;

  /** Something is to leave with the end of this batch. */
  private boolean sent;

  private long retryAtMs = Long.MAX_VALUE;
  private long retryMs = FIRST_RETRY_MS;

  LearnerRole(
      Core core,
      ReplicaConfig.Ensemble ensemble,
      Election election,
      long leader,
      boolean incomplete,
      LinkIds links) {
    super(core);
    this.ensemble = ensemble;
    this.leader = leader;
    this.incomplete = incomplete;
    this.links = links;
    this.local =
        ensemble.localSessions()
            ? new LocalSessions(core, ensemble.localSessionsUpgrading())
            : null;
    this.election = election;
    this.following =
        new Following(
            Settings.following(core.config, ensemble, leader, incomplete),
            core.history,
            core.epochs,
            this);
    if (core.needsSnapshot()) {
      following.needSnapshot();
    }
  }

  @Override
  RoleView view() {
    RoleView.Part part = ensemble.observer() ? RoleView.Part.OBSERVING : RoleView.Part.FOLLOWING;
    return new RoleView(part, leader, following.epoch(), serving);
  }

  Following following() {
    return following;
  }

  /** Whether it was incomplete, and has everything now. */
  boolean isFilled() {
    return filled;
  }

  private boolean filled;

  @Override
  void start() {
    core.sessions.watchOwn(core.nowMs());
    core.applying.claims(this::claim);
    connect();
  }

  private void connect() {
    retryAtMs = Long.MAX_VALUE;
    tries++;
    link = links.next();
    core.host.connect(link, leader);
  }

  @Override
  void end() {
    core.needsSnapshot(following.needsSnapshot());
    if (serving != Serving.NOBODY) {
      serving = Serving.NOBODY;
      core.host.serve(Serving.NOBODY);
    }
    core.host.close(link, "this server does not follow any more");
    core.applying.run();
    core.applying.claims(Applying.Claims.NONE);
    core.applying.answers().lose();
    syncs.clear();
    for (ArrayDeque<Attach> waiting : attaches.values()) {
      for (Attach attach : waiting) {
        attach.lost();
        attach.client().deliver(attach);
      }
    }
    attaches.clear();
  }

  // --- clients

  @Override
  void submit(Submission submission) {
    AnswerOrder answers = core.applying.answers();
    if (serving == Serving.NOBODY) {
      submission.lost();
      answers.answer(submission);
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
    // What is logged and not decided yet is for nobody to see.
    asked.orderedBehind(core.state().lastAppliedZxid());
    asked.done(outcome, handle);
    core.applying.answers().expect(asked);
    core.applying.answers().answer(asked);
  }

  @Override
  public void order(Submission submission) {
    AnswerOrder answers = core.applying.answers();
    answers.expect(submission);
    Request request = submission.request();
    if (Unlogged.isGarbage(request)) {
      submission.orderedBehind(core.history.lastZxid());
      submission.done(Unlogged.outcome(request), null);
      answers.answer(submission);
      return;
    }
    if (request instanceof Request.Sync) {
      syncs.addLast(new Sync(submission));
    }
    forward(submission, request);
  }

  private void forward(Submission submission, Request request) {
    scratch.reset();
    if (!(request instanceof Request.Unreadable)) {
      request.write(scratch);
    }
    byte[] data =
        ForwardedRequest.toBytes(
            submission.caller().sessionId(),
            submission.caller().cxid(),
            request.op().code(),
            scratch.array(),
            0,
            scratch.length());
    send(
        new QuorumPacket(
            QuorumPacketType.REQUEST.code(),
            ForwardedRequest.NO_ZXID,
            data,
            submission.caller().ids()));
  }

  /**
   * Who of this member's clients asked for a transaction. The end of a session that the leader
   * decided on by itself has no number of a request, and is nobody's answer.
   */
  private @Nullable Submission claim(LoggedTxn txn) {
    Submission asked = core.applying.answers().find(txn.header().clientId(), txn.header().cxid());
    if (asked == null || Unlogged.is(asked.request())) {
      return null;
    }
    boolean ends = txn.txn() instanceof Txn.CloseSession;
    return ends == asked.request() instanceof Request.CloseSession ? asked : null;
  }

  @Override
  void attach(Attach attach) {
    if (serving == Serving.NOBODY) {
      attach.lost();
      attach.client().deliver(attach);
      return;
    }
    if (core.sessions.isLocal(attach.sessionId())) {
      attach.granted(
          core.sessions.attach(
              attach.sessionId(), attach.timeoutMs(), attach.client(), core.nowMs()));
      attach.client().deliver(attach);
      return;
    }
    attaches.computeIfAbsent(attach.sessionId(), id -> new ArrayDeque<>(2)).addLast(attach);
    send(
        new QuorumPacket(
            QuorumPacketType.REVALIDATE,
            -1,
            new Revalidation.Ask(attach.sessionId(), attach.timeoutMs()).toBytes()));
  }

  // --- the link

  @Override
  void leaderConnected(long opened) {
    if (opened == link) {
      following.connected(core.nowMs());
    } else {
      core.host.close(opened, "another link is in use");
    }
  }

  @Override
  void leaderPacket(long from, QuorumPacket packet) {
    if (from == link) {
      following.received(packet, core.nowMs());
    }
  }

  @Override
  void leaderProgress(long from) {
    if (from == link) {
      following.progressed(core.nowMs());
    }
  }

  @Override
  void leaderSnapshot(long from, StateMachine snapshot) {
    if (from == link) {
      following.snapshot(snapshot, core.nowMs());
    }
  }

  @Override
  void leaderClosed(long closed, String why) {
    if (closed != link) {
      return;
    }
    // A leader that has been heard of is gone when it hangs up; one that has not been may not have
    // noticed yet that it is one, and hangs up on everybody.
    if (following.epoch() > 0 || tries >= MOST_TRIES) {
      following.closed(why, core.nowMs());
    } else {
      following.closedEarly(core.nowMs());
      retryAtMs = core.nowMs() + retryMs;
      retryMs = Math.min(LONGEST_RETRY_MS, 2 * retryMs);
    }
  }

  // --- what the consensus wants

  @Override
  public void send(QuorumPacket packet) {
    sent = true;
    core.host.send(link, packet);
  }

  @Override
  public void committed(Proposal proposal) {
    core.applying.committed(proposal);
  }

  @Override
  public boolean truncate(long zxid) {
    core.applying.run();
    core.host.tell(
        "The leader's history ends before ours: truncating to 0x" + Long.toHexString(zxid) + ".");
    StateMachine made = core.host.truncate(zxid);
    if (made == null) {
      return false;
    }
    core.replaceState(made, made.lastAppliedZxid());
    return true;
  }

  @Override
  public void install(Object snapshot, long zxid) {
    core.applying.run();
    StateMachine made = (StateMachine) snapshot;
    made.beginCatchingUp();
    core.host.install(made, zxid);
    core.replaceState(made, zxid);
  }

  @Override
  public Object decode(long zxid, byte[] body) {
    LoggedTxn txn = LoggedTxn.read(new JuteReader(body));
    if (txn.zxid() != zxid) {
      throw new MalformedRecordException(
          "transaction 0x" + Long.toHexString(txn.zxid()) + " as 0x" + Long.toHexString(zxid));
    }
    return txn;
  }

  @Override
  public void append(Proposal proposal) {
    core.host.append(proposal.zxid(), proposal.body());
  }

  /** Every member has its configuration from its own file. */
  @Override
  public void configuration(String text) {}

  @Override
  public void serve(long epoch) {
    if (incomplete) {
      // Only who has proven that a quorum follows it has a history that can be relied on.
      syncs.addLast(new Sync(null));
      byte[] body = {-1, -1, -1, -1};
      send(
          new QuorumPacket(
              QuorumPacketType.REQUEST,
              ForwardedRequest.NO_ZXID,
              ForwardedRequest.toBytes(0, 0, OpCode.SYNC.code(), body, 0, body.length)));
      return;
    }
    election.established(epoch);
    core.applying.run();
    core.host.exclusively(() -> core.state().endCatchingUp());
    core.configuration(ensemble.membership().text());
    serving = Serving.EVERYBODY;
    core.host.serve(serving);
  }

  @Override
  public void fromLeader(QuorumPacket packet) {
    if (packet.is(QuorumPacketType.SYNC)) {
      core.applying.then(this::synced);
    } else if (packet.is(QuorumPacketType.REVALIDATE)) {
      byte[] data = packet.data();
      if (data == null) {
        throw new MalformedRecordException("a validation of nothing");
      }
      Revalidation.Answer answer = Revalidation.Answer.read(data);
      core.applying.then(() -> revalidated(answer));
    }
  }

  private void synced() {
    Sync sync = syncs.pollFirst();
    if (sync == null) {
      over("the leader answered a sync that nobody asked for");
      return;
    }
    Submission submission = sync.submission();
    if (submission == null) {
      filled = true;
      core.host.complete();
      over("everything is there again; this server joins again with its vote");
      return;
    }
    submission.orderedBehind(core.state().lastAppliedZxid());
    submission.done(Unlogged.outcome(submission.request()), null);
    core.applying.answers().answer(submission);
  }

  private void revalidated(Revalidation.Answer answer) {
    ArrayDeque<Attach> waiting = attaches.get(answer.sessionId());
    Attach attach = waiting == null ? null : waiting.pollFirst();
    if (waiting == null || attach == null) {
      return;
    }
    if (waiting.isEmpty()) {
      attaches.remove(answer.sessionId());
    }
    if (answer.valid()) {
      attach.granted(
          core.sessions.attach(
              attach.sessionId(), attach.timeoutMs(), attach.client(), core.nowMs()));
    }
    attach.client().deliver(attach);
  }

  @Override
  public byte[] touchedSessions() {
    return core.sessions.touched(core.nowMs());
  }

  @Override
  public void leave(String why) {
    over(why);
  }

  // --- time and the log

  @Override
  void durable(long zxid) {
    following.durable(zxid, core.nowMs());
  }

  @Override
  boolean isIdle() {
    return core.applying.answers().isEmpty() && attaches.isEmpty();
  }

  @Override
  void tick() {
    if (core.nowMs() >= retryAtMs) {
      connect();
    }
    core.sessions.expireLocal(core.nowMs());
    following.tick(core.nowMs());
  }

  @Override
  long nextWakeMs() {
    return Math.min(retryAtMs, following.nextWakeMs());
  }

  @Override
  void finish() {
    core.host.flushLog();
    boolean clientsFirst = isNobodyElseWaiting();
    if (over() == null) {
      following.flush(core.nowMs());
    }
    if (!clientsFirst) {
      core.host.flushLinks();
    }
    core.applying.run();
    core.host.flushClients();
    if (clientsFirst) {
      core.host.flushLinks();
    }
    sent = false;
  }

  /**
   * Whether all that may leave for the leader is the acknowledgement of what is committed without
   * it, and the clients don't have to wait for that to leave: this disk was not among the first.
   */
  private boolean isNobodyElseWaiting() {
    return !sent
        && core.history.durableZxid() <= core.history.committedZxid()
        && core.applying.isShort();
  }
}
