package conclave.consensus;

import conclave.consensus.Ballots.Ballot;
import conclave.protocol.Notification;
import conclave.protocol.ServerState;
import java.util.HashMap;
import java.util.Map;

/**
 * One server's part in the election of a leader, by the rules of Apache's FastLeaderElection, with
 * whose servers it votes.
 *
 * <p>While it is {@link ServerState#LOOKING}, it proposes itself, then whoever has the better
 * history as far as it hears ({@link Vote#beats}), and tells all voters at each change. Votes are
 * counted within a round; who hears of a later round enters it and begins anew. When enough voters
 * propose the same as it does, it waits a little for a better vote and then settles. When it hears
 * instead that enough servers have settled, and that their leader leads, it joins them. Once
 * settled it only answers who is looking, until {@link #lookForLeader} is called again.
 *
 * <p>An election is no more than a good guess. Two servers may settle on different leaders; then
 * one of the two will not find a quorum that follows it, and looks again. So the following is
 * otherwise than Apache's, to be faster:
 *
 * <ul>
 *   <li>The wait at the end is left out when there is nobody whom it could be for, see {@link
 *       #nobodyElseCanVote}.
 *   <li>Who votes for less in the same round is told at once. It may have missed our vote because
 *       it hadn't begun to look yet; Apache lets it wait until one of the two votes is sent again.
 *   <li>Votes are sent again when it is time to, not only after a time in which nothing was heard,
 *       and sooner when a link has come up or a settled server was heard that doesn't suffice.
 *   <li>A server without a vote is answered, while we are looking, with what we propose, not with
 *       the leader that was lost.
 * </ul>
 *
 * <p>Time is in milliseconds of a clock that only goes forward. {@link #tick} is due at {@link
 * #nextWakeMs}, which any other call may change. Not thread-safe.
 */
public final class Election {
  private static final long NEVER = Long.MAX_VALUE;

  /** What a server without a vote has in the place of its own number, zxid and epoch, as Apache. */
  private static final long NONE = Long.MIN_VALUE;

  /** The zxid of a server that has no database, and must neither lead nor help to elect. */
  private static final long NO_DATABASE = -1;

  /** The longest time between questions while settled servers answer that don't suffice. */
  private static final int ASK_AGAIN_MS = 1000;

  /** Who says the same again within this time gets no answer; asking again takes longer. */
  private static final int SAME_ANSWER_MS = 100;

  private final long self;
  private final ElectionSettings settings;
  private final ElectionPort out;
  private Membership membership;

  private ServerState state = ServerState.LOOKING;

  /** The logical clock; 0 until the first election begins. */
  private long round;

  /** What this server would propose if it were alone. */
  private Vote own = new Vote(NONE, NONE, NONE);

  /** What it proposes while it is looking, and what it settled on afterwards. */
  private Vote vote = own;

  /** The round of the vote; another than ours when we settled on what others had decided before. */
  private long voteRound;

  /** Of this round. */
  private final Ballots votes = new Ballots();

  /** Of servers that have settled, in whatever round. */
  private final Ballots settled = new Ballots();

  /** Whether the link to a server is up; nothing for one of which nothing is known yet. */
  private final Map<Long, Boolean> links = new HashMap<>();

  /** By server, while its link is up. */
  private final Map<Long, Answered> answers = new HashMap<>();

  private long finalizeAtMs = NEVER;
  private long resendAtMs = NEVER;
  private long resendIntervalMs;

  private record Answered(Notification asked, Notification answer, long atMs) {}

  /** Nothing happens, and nothing is answered, until {@link #lookForLeader}. */
  public Election(long self, Membership membership, ElectionSettings settings, ElectionPort out) {
    this.self = self;
    this.membership = membership;
    this.settings = settings;
    this.out = out;
  }

  /** What the server is doing, as it tells others. */
  public ServerState state() {
    return state;
  }

  /** The logical clock. */
  public long round() {
    return round;
  }

  /** What is proposed while looking, and what was decided afterwards. */
  public Vote vote() {
    return vote;
  }

  /** When {@link #tick} is due; {@link Long#MAX_VALUE} for not at all. */
  public long nextWakeMs() {
    return Math.min(finalizeAtMs, resendAtMs);
  }

  /**
   * Begins a new round.
   *
   * @param lastLoggedZxid &minus;1 for a server that has no database and must get one from a leader
   */
  public void lookForLeader(long lastLoggedZxid, long currentEpoch, long nowMs) {
    state = ServerState.LOOKING;
    round++;
    votes.clear();
    settled.clear();
    own = ownVote(lastLoggedZxid, currentEpoch);
    resendIntervalMs = settings.minNotificationIntervalMs();
    resendAtMs = nowMs + resendIntervalMs;
    propose(own);
    considerEnd(nowMs);
  }

  /** An observer's is less than everybody's, so that it takes the first one that it hears. */
  private Vote ownVote(long lastLoggedZxid, long currentEpoch) {
    if (membership.isObserver(self)) {
      return new Vote(NONE, NONE, NONE);
    }
    return new Vote(membership.isVoter(self) ? self : NONE, lastLoggedZxid, currentEpoch);
  }

  /** From now on this is who is in the ensemble. To count the votes anew, begin a new round. */
  public void membership(Membership newer) {
    membership = newer;
  }

  /**
   * The leader has been followed, or leads, in this epoch. Whoever asks is told this epoch and not
   * the one in which the leader was elected: servers that came to the leader at different times
   * must say the same, or nobody could join them (ZOOKEEPER-1732).
   */
  public void established(long epoch) {
    if (state == ServerState.LOOKING) {
      throw new IllegalStateException("established while looking: epoch=" + epoch + " " + this);
    }
    vote = new Vote(vote.leader(), vote.zxid(), epoch);
  }

  /** The election connection to a server is usable. */
  public void linkUp(long server, long nowMs) {
    links.put(server, true);
    if (isRunning() && membership.isVoter(server) && server != self) {
      out.send(server, ours());
      resendIntervalMs = settings.minNotificationIntervalMs();
      resendSoon(nowMs, resendIntervalMs);
    }
  }

  /**
   * The server can't be reached: its connection broke, or it refused one. Not to be called for a
   * connection that was only given up in favour of another.
   */
  public void linkDown(long server, long nowMs) {
    links.put(server, false);
    answers.remove(server);
    if (finalizeAtMs != NEVER) {
      considerEnd(nowMs);
    }
  }

  public void received(long from, Notification said, long nowMs) {
    if (round == 0 || from == self) {
      return;
    }
    boolean looking = said.state() == ServerState.LOOKING;
    if (!membership.isVoter(from) || state != ServerState.LOOKING) {
      if (looking) {
        answer(from, said, nowMs);
      }
      return;
    }
    if (looking && said.electionEpoch() < round) {
      answer(from, said, nowMs);
    }
    if (!membership.isVoter(said.leader())) {
      return;
    }
    switch (said.state()) {
      case LOOKING -> heardLooking(from, said, nowMs);
      case FOLLOWING, LEADING -> heardSettled(from, Ballot.of(said), nowMs);
      case OBSERVING -> {
        // Of a server that has a vote here, and believes it has none: it can't mean anything.
      }
    }
  }

  public void tick(long nowMs) {
    if (nowMs >= finalizeAtMs) {
      settle(vote, round);
    } else if (nowMs >= resendAtMs) {
      tellVoters();
      resendIntervalMs = Math.min(2 * resendIntervalMs, settings.maxNotificationIntervalMs());
      resendAtMs = nowMs + resendIntervalMs;
    }
  }

  private void heardLooking(long from, Notification notification, long nowMs) {
    Ballot said = Ballot.of(notification);
    if (own.zxid() == NO_DATABASE || said.vote().zxid() == NO_DATABASE || said.round() < round) {
      return;
    }
    if (said.round() > round) {
      round = said.round();
      votes.clear();
      propose(beats(said.vote(), own) ? said.vote() : own);
    } else if (beats(said.vote(), vote)) {
      propose(said.vote());
    } else if (beats(vote, said.vote())) {
      answer(from, notification, nowMs);
    }
    votes.put(from, said);
    considerEnd(nowMs);
  }

  private void heardSettled(long from, Ballot said, long nowMs) {
    if (said.round() == round) {
      // Apache forgets the version here, by which all settled votes of one round for one leader
      // agree with each other.
      votes.put(from, said.withoutVersion());
      if (isEstablished(votes, said)) {
        settle(said.vote(), said.round());
        return;
      }
    }
    settled.put(from, said);
    if (isEstablished(settled, said)) {
      round = said.round();
      settle(said.vote(), said.round());
      return;
    }
    resendIntervalMs = Math.min(resendIntervalMs, ASK_AGAIN_MS);
    resendSoon(nowMs, resendIntervalMs);
    if (finalizeAtMs != NEVER) {
      // It may have been one of those that voted as we do.
      considerEnd(nowMs);
    }
  }

  /**
   * Whether enough servers have settled on a leader that says itself that it leads. Without the
   * latter, servers could for ever send each other to a leader that is gone. When they have settled
   * on us, it is in a round in which we took part.
   */
  private boolean isEstablished(Ballots ballots, Ballot said) {
    long leader = said.vote().leader();
    if (!ballots.isQuorumFor(said, membership.quorum())) {
      return false;
    }
    if (leader == self) {
      return said.round() == round;
    }
    Ballot ofLeader = ballots.of(leader);
    return ofLeader != null && ofLeader.state() == ServerState.LEADING;
  }

  private boolean beats(Vote one, Vote other) {
    return membership.quorum().weight(one.leader()) != 0 && one.beats(other);
  }

  /** Changes the vote, tells all voters, and gives up what the old one had won. */
  private void propose(Vote proposal) {
    vote = proposal;
    voteRound = round;
    finalizeAtMs = NEVER;
    if (membership.isVoter(self) && own.zxid() != NO_DATABASE) {
      votes.put(self, proposal());
    }
    tellVoters();
  }

  private Ballot proposal() {
    return new Ballot(ServerState.LOOKING, vote, round, 0);
  }

  private void considerEnd(long nowMs) {
    if (!votes.isQuorumFor(proposal(), membership.quorum())) {
      finalizeAtMs = NEVER;
    } else if (nobodyElseCanVote()) {
      settle(vote, round);
    } else if (finalizeAtMs == NEVER) {
      finalizeAtMs = nowMs + settings.finalizeWaitMs();
    }
  }

  /**
   * Whether waiting is of no use: every other voter has voted as we do, or can't be reached. The
   * latter only if its link was lost or refused: at a start, when links are not up yet, one may
   * come up at any moment and bring a better vote. It is no loss if a server comes back just now
   * that could have led, too: a quorum has everything that was ever acknowledged.
   *
   * <p>When the one that we elect was lost meanwhile, we had better wait and see.
   */
  private boolean nobodyElseCanVote() {
    Ballot proposal = proposal();
    for (long voter : membership.voters()) {
      boolean lost = Boolean.FALSE.equals(links.get(voter));
      if (voter != self && (lost ? voter == vote.leader() : !votes.agrees(voter, proposal))) {
        return false;
      }
    }
    return true;
  }

  private void settle(Vote decision, long roundOfDecision) {
    vote = decision;
    voteRound = roundOfDecision;
    finalizeAtMs = NEVER;
    resendAtMs = NEVER;
    votes.clear();
    settled.clear();
    if (decision.leader() == self) {
      state = ServerState.LEADING;
    } else {
      state = membership.isObserver(self) ? ServerState.OBSERVING : ServerState.FOLLOWING;
    }
    out.decided(state, decision.leader(), decision);
  }

  private boolean isRunning() {
    return round != 0 && state == ServerState.LOOKING;
  }

  private void resendSoon(long nowMs, long inMs) {
    resendAtMs = Math.min(resendAtMs, nowMs + inMs);
  }

  /**
   * Two servers that don't agree on who is a voter could go on for ever, at the speed of the
   * network, each answering what the other answers. So an answer is not repeated at once.
   */
  private void answer(long to, Notification asked, long nowMs) {
    Notification answer = ours();
    Answered before = answers.get(to);
    if (before == null
        || nowMs - before.atMs >= SAME_ANSWER_MS
        || !before.asked.equals(asked)
        || !before.answer.equals(answer)) {
      answers.put(to, new Answered(asked, answer, nowMs));
      out.send(to, answer);
    }
  }

  private void tellVoters() {
    Notification ours = ours();
    for (long voter : membership.voters()) {
      if (voter != self) {
        out.send(voter, ours);
      }
    }
  }

  private Notification ours() {
    return new Notification(
        state,
        vote.leader(),
        vote.zxid(),
        voteRound,
        vote.peerEpoch(),
        Notification.VERSION,
        membership.text());
  }

  @Override
  public String toString() {
    return "self=" + self + " state=" + state + " round=" + round + " vote=(" + vote + ")";
  }
}
