package conclave.replica;

import conclave.consensus.Election;
import conclave.consensus.ElectionPort;
import conclave.consensus.Epochs;
import conclave.consensus.Following;
import conclave.consensus.History;
import conclave.consensus.Leading;
import conclave.consensus.Vote;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.ServerState;
import conclave.state.SessionExpiry;
import conclave.state.StateMachine;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One member's mind: orders changes or has them ordered, applies what is committed, and answers.
 *
 * <p>A change is prepared against the tree and the changes in flight, gets the next zxid, goes to
 * the log and to the others, and is applied when it is committed. A refused request takes a zxid
 * and a place in the log too, as in Apache: clients see zxids, and followers of either make count
 * on them.
 *
 * <p>Driven by one thread. Inputs come in batches, {@link #begin}, any number of inputs, {@link
 * #finish}; what they cause leaves at the end of the batch. Time is what {@code begin} says. Only
 * {@link #newSessionId}, {@link #sessions}, {@link #role} and {@link #leaderFigures} may be called
 * by other threads.
 */
public final class Replica {
  /** More than are made between two starts. */
  private static final long SESSIONS_OF_A_PROCESS = 1L << 32;

  private final Core core;
  private final AtomicLong nextSessionId;
  private final LinkIds links = new LinkIds();
  private final @Nullable Election election;
  private boolean incomplete;
  private boolean snapshotDue;
  private boolean stopped;
  private volatile RoleView view;
  private volatile @Nullable LeaderFigures figures;
  private Role role;

  /** What the election has decided on, to be carried out behind the input that decided it. */
  private @Nullable Decision decision;

  private record Decision(ServerState state, long leader) {}

  /**
   * @param state recovered, and used by nobody else so far
   * @param acceptedEpoch what the disk says; 0 for a server that stands alone
   * @param currentEpoch what the disk says; 0 for a server that stands alone
   * @param wallMs milliseconds since 1970, for ids of sessions
   */
  public Replica(
      ReplicaConfig config,
      StateMachine state,
      long acceptedEpoch,
      long currentEpoch,
      long wallMs,
      Host host) {
    ReplicaConfig.Ensemble ensemble = config.ensemble();
    History history =
        new History(
            state.lastAppliedZxid(),
            ensemble == null ? 0 : ensemble.commitLogCount(),
            ensemble == null ? 0 : ensemble.commitLogBytes());
    Epochs epochs = new Epochs(acceptedEpoch, currentEpoch, new DiskEpochs(host));
    this.core = new Core(config, state, history, epochs, host);
    this.nextSessionId = new AtomicLong(firstSessionId(config.serverId(), state, wallMs));
    if (ensemble == null) {
      this.election = null;
      this.role = new StandaloneRole(core);
    } else {
      this.election =
          new Election(ensemble.sid(), ensemble.membership(), ensemble.election(), new Polls(host));
      this.incomplete = ensemble.incomplete();
      this.role = new LookingRole(core, election, incomplete);
    }
    this.view = role.view();
  }

  private record DiskEpochs(Host host) implements Epochs.Store {
    @Override
    public void writeAccepted(long epoch) {
      host.writeAcceptedEpoch(epoch);
    }

    @Override
    public void writeCurrent(long epoch) {
      host.writeCurrentEpoch(epoch);
    }
  }

  private final class Polls implements ElectionPort {
    private final Host host;

    Polls(Host host) {
      this.host = host;
    }

    @Override
    public void send(long sid, Notification notification) {
      host.sendNotification(sid, notification);
    }

    @Override
    public void decided(ServerState state, long leader, Vote vote) {
      decision = new Decision(state, leader);
    }
  }

  /**
   * The id from which the new sessions' are counted: time in the middle, the server in the top
   * byte, as in Apache. Apache counts time from the machine's start, which comes back; we take the
   * calendar's, and step over the sessions that are there in case that it was turned back; far, and
   * not by the same step each time, since sessions that are over may have had the ids behind them.
   */
  private static long firstSessionId(int serverId, StateMachine state, long wallMs) {
    long id = wallMs << 24 >>> 8 | (long) serverId << 56;
    for (long known : state.sessions().keySet()) {
      if (known >>> 56 == (serverId & 0xff) && known >= id) {
        id = known + SESSIONS_OF_A_PROCESS + (wallMs << 16 & SESSIONS_OF_A_PROCESS - 1);
      }
    }
    return id;
  }

  // --- batches

  /**
   * A batch of inputs begins.
   *
   * @param nowMs monotonic milliseconds
   * @param wallMs milliseconds since 1970
   */
  public void begin(long nowMs, long wallMs) {
    core.time(nowMs, wallMs);
  }

  /** The first input. Sessions that were recovered have their whole timeout from now on. */
  public void start() {
    role.start();
    told();
    settle();
  }

  /** The batch is over: what is committed is applied, and what has gathered leaves. */
  public void finish() {
    role.finish();
    settle();
    if (snapshotDue && isSettled()) {
      snapshotDue = false;
      core.host.beginSnapshot();
    }
  }

  /**
   * A snapshot must not say more than the log: it would make up for what this member's disk has
   * lost.
   */
  private boolean isSettled() {
    return core.config.ensemble() == null
        || core.history.durableZxid() >= core.state().lastAppliedZxid();
  }

  /** Changes roles until one stays. */
  private void settle() {
    while (!stopped) {
      String why = role.over();
      Decision decided = decision;
      if (why != null) {
        look(why);
      } else if (decided != null && role instanceof LookingRole looking) {
        decision = null;
        become(looking, decided);
      } else {
        decision = null;
        return;
      }
    }
  }

  private void look(String why) {
    core.host.tell(nameOf(role.view().role()) + " has ended: " + why + ". Looking for a leader.");
    incomplete = incomplete && !(role instanceof LearnerRole learner && learner.isFilled());
    decision = null;
    role.end();
    enter(new LookingRole(core, voting(), incomplete));
  }

  private static String nameOf(RoleView.Part part) {
    return switch (part) {
      case STANDALONE -> "Standing alone";
      case LOOKING -> "The election";
      case LEADING -> "Leading";
      case FOLLOWING -> "Following";
      case OBSERVING -> "Observing";
    };
  }

  private void become(LookingRole looking, Decision decided) {
    ReplicaConfig.Ensemble ensemble = ensemble();
    if (decided.state() == ServerState.LEADING) {
      Map<Long, LookingRole.Visitor> visitors = looking.takeVisitors();
      looking.end();
      core.host.tell("This server was elected to lead.");
      enter(new LeaderRole(core, ensemble, voting(), visitors));
    } else {
      looking.end();
      core.host.tell("Server " + decided.leader() + " was elected to lead.");
      enter(new LearnerRole(core, ensemble, voting(), decided.leader(), incomplete, links));
    }
  }

  private void enter(Role next) {
    role = next;
    told();
    next.start();
    told();
  }

  /** Others see what this member is now. */
  private void told() {
    figures = role.figures();
    RoleView now = role.view();
    if (!now.equals(view)) {
      view = now;
      core.host.roleChanged(now);
    }
  }

  private Election voting() {
    if (election == null) {
      throw new IllegalStateException("a server that stands alone has no election");
    }
    return election;
  }

  private ReplicaConfig.Ensemble ensemble() {
    ReplicaConfig.Ensemble ensemble = core.config.ensemble();
    if (ensemble == null) {
      throw new IllegalStateException("a server that stands alone has no ensemble");
    }
    return ensemble;
  }

  /** A role that is over hears nothing more. */
  private void after() {
    if (role.over() != null || decision != null) {
      settle();
    }
    if (role.hasNews(view)) {
      told();
    }
  }

  // --- clients of this server

  /** A request of one of this server's clients that has to be ordered. */
  public void submit(Submission submission) {
    role.submit(submission);
  }

  /** A client has come back for its session. */
  public void attach(Attach attach) {
    role.attach(attach);
  }

  /** A connection has ended; its session goes on until it is closed, taken up, or expires. */
  public void detach(Client client, long sessionId) {
    role.detach(client, sessionId);
  }

  /** An id that no session has had; any thread. */
  public long newSessionId() {
    return nextSessionId.getAndIncrement();
  }

  /** The sessions that are known here; any thread. */
  public Collection<SessionExpiry.Handle> sessions() {
    return core.sessions.handles();
  }

  // --- an operator

  /**
   * An operator has given another state, which takes the place of the one that is here: on disk,
   * and then for everybody. Only for a server that stands alone; a member has what its ensemble
   * has.
   *
   * <p>All connections are ended. What was in flight on them is lost, and whoever had a session
   * finds it expired.
   *
   * @param made has no sessions, and a zxid that is greater than all that this server has given
   * @return why nothing was done; null when it was
   */
  public @Nullable String restore(StateMachine made) {
    return role instanceof StandaloneRole alone
        ? alone.restore(made)
        : "a member of an ensemble has what the ensemble has";
  }

  // --- the log

  /** The log is durable up to there. */
  public void durable(long zxid) {
    role.durable(zxid);
    after();
  }

  /** The log has grown so much that a snapshot should be taken. */
  public void snapshotDue() {
    snapshotDue = true;
  }

  // --- the election port

  /** A peer has said what it thinks of the election. */
  public void notified(long sid, Notification notification) {
    voting().received(sid, notification, core.nowMs());
    after();
  }

  /** A peer can be reached. */
  public void peerLinkUp(long sid) {
    voting().linkUp(sid, core.nowMs());
    after();
  }

  /** A peer can't be reached. */
  public void peerLinkDown(long sid) {
    voting().linkDown(sid, core.nowMs());
    after();
  }

  // --- the quorum port

  /** Somebody has connected to this member's quorum port; such links have positive numbers. */
  public void learnerConnected(long link) {
    role.learnerConnected(link);
    after();
  }

  public void learnerPacket(long link, QuorumPacket packet) {
    role.learnerPacket(link, packet);
    after();
  }

  /** Some of the snapshot that is being sent on that link was taken by the learner. */
  public void learnerProgress(long link) {
    role.learnerProgress(link);
    after();
  }

  public void learnerClosed(long link) {
    role.learnerClosed(link);
    after();
  }

  // --- the link to the leader

  /** What {@link Host#connect} asked for has come about. */
  public void leaderConnected(long link) {
    role.leaderConnected(link);
    after();
  }

  public void leaderPacket(long link, QuorumPacket packet) {
    role.leaderPacket(link, packet);
    after();
  }

  /** Some of a snapshot has arrived on that link. */
  public void leaderProgress(long link) {
    role.leaderProgress(link);
    after();
  }

  /** The whole of what came behind a SNAP packet. */
  public void leaderSnapshot(long link, StateMachine snapshot) {
    role.leaderSnapshot(link, snapshot);
    after();
  }

  public void leaderClosed(long link, String why) {
    role.leaderClosed(link, why);
    after();
  }

  // --- time

  /** To be called when {@link #nextWakeMs} has come, or more often. */
  public void tick() {
    role.tick();
    after();
    if (election != null) {
      election.tick(core.nowMs());
      after();
    }
  }

  /** When, in monotonic milliseconds, there is something to be done without any other input. */
  public long nextWakeMs() {
    long next = role.nextWakeMs();
    return election == null ? next : Math.min(next, election.nextWakeMs());
  }

  // --- the end

  /** Whether everything that was asked for is answered. */
  public boolean isIdle() {
    return role.isIdle();
  }

  /** Leaves the ensemble; what is in flight comes back to its connections as lost. */
  public void stop() {
    if (!stopped) {
      stopped = true;
      if (!(role instanceof StandaloneRole)) {
        role.end();
        core.host.flushLinks();
        core.host.flushClients();
      }
    }
  }

  // --- views

  /** What this member is; any thread. */
  public RoleView role() {
    return view;
  }

  /** How this leader is doing, null when it is none; any thread. */
  public @Nullable LeaderFigures leaderFigures() {
    return figures;
  }

  /** The tree; another one after a truncation or a snapshot from the leader. */
  public StateMachine state() {
    return core.state();
  }

  /** What this member has logged and what of it is committed. */
  public History history() {
    return core.history;
  }

  /** The epochs that this member has promised and entered. */
  public Epochs epochs() {
    return core.epochs;
  }

  /** The leader's part, while this member leads. */
  public @Nullable Leading leading() {
    return role instanceof LeaderRole leader ? leader.leading() : null;
  }

  /** The learner's part, while this member follows or observes. */
  public @Nullable Following following() {
    return role instanceof LearnerRole learner ? learner.following() : null;
  }
}
