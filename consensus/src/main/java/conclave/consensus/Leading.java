package conclave.consensus;

import conclave.consensus.LearnerLink.Stage;
import conclave.protocol.AckEpoch;
import conclave.protocol.LeaderInfo;
import conclave.protocol.LearnerInfo;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumFeatures;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The leader's side of ZAB 1.0: it agrees on an epoch with a quorum, makes the histories of its
 * learners equal to its own, and then orders and commits transactions until it loses the quorum.
 *
 * <p>One object is one attempt to lead. The methods are what happens to it; it acts through its
 * {@link LeaderPort}. Acknowledgements are only noted when they come in; {@link #flush} at the end
 * of a batch of inputs decides what they commit.
 */
public final class Leading {
  /**
   * A voter that has promised an epoch that is later than this leader's by no more than this makes
   * it step down, because that voter could never follow it; the next leader's epoch is later. A
   * promise that is further away is the work of a damaged disk or of a liar, and is not worth an
   * election.
   */
  private static final long NEAR_EPOCHS = 16;

  /** The last epoch whose number fits into ACKEPOCH. */
  private static final long LAST_EPOCH = Integer.MAX_VALUE;

  /**
   * @param self this server's id
   * @param initLimitTicks how long to find a quorum, and then how long to synchronise it
   * @param syncLimitTicks how long a learner may be silent
   * @param configVersion learners that have a later configuration are refused
   * @param configText what NEWLEADER tells the learners
   * @param features {@link QuorumFeatures} that this server speaks
   * @param lastCounter no zxid of an epoch reaches this; less than {@link Zxid#LAST_COUNTER} only
   *     where somebody wants to see an epoch end
   */
  public record Settings(
      long self,
      int tickTimeMs,
      int initLimitTicks,
      int syncLimitTicks,
      long configVersion,
      String configText,
      int features,
      long lastCounter) {
    long initLimitMs() {
      return (long) tickTimeMs * initLimitTicks;
    }

    long syncLimitMs() {
      return (long) tickTimeMs * syncLimitTicks;
    }

    long silenceMs() {
      return Silence.limitMs(tickTimeMs, syncLimitTicks);
    }
  }

  /** How far this leader has come; it only grows. */
  public enum Phase {
    /** Not started. */
    NEW,
    /** Waits for a quorum of voters to introduce themselves. */
    DISCOVERY,
    /** Waits for a quorum to promise to follow no earlier epoch. */
    EPOCH_PROPOSED,
    /** Waits for a quorum to have on disk what this leader begins with. */
    SYNCHRONISATION,
    /** Leads. */
    BROADCAST,
    /** Has stepped down. */
    OVER
  }

  private final Settings settings;
  private final Membership membership;
  private final Quorum quorum;
  private final History history;
  private final DiskLog disk;
  private final Epochs epochs;
  private final LeaderPort port;
  private final LearnerLinks links;
  private final boolean[] epochAcked;
  private final long firstCurrentEpoch;
  private final long firstLastZxid;

  private final LongPredicate isIntroduced = sid -> isSelf(sid) || ofVoter(sid) != null;
  private final LongPredicate hasAckedEpoch = sid -> isSelf(sid) || hasAckedEpoch(sid);
  private final LongPredicate isSynced = sid -> isSelf(sid) || isSynced(ofVoter(sid));
  private final LongPredicate hasCandidate = this::hasCandidate;
  private final LongPredicate hasAnswered = sid -> isSelf(sid) || hasAnswered(ofVoter(sid));

  private Phase phase = Phase.NEW;
  private long deadlineMs;
  private long nextTickMs;
  private long latestAccepted;
  private long epoch = -1;
  private long lastProposed;
  private boolean acksCameIn;
  private long candidate;
  private boolean diskLogIsBroken;
  private boolean roundWanted;
  private long roundsBegun;
  private long roundsConfirmed;

  /**
   * @param history everything in it counts as committed, is applied, and is durable
   */
  public Leading(
      Settings settings,
      Membership membership,
      History history,
      DiskLog disk,
      Epochs epochs,
      LeaderPort port) {
    this.settings = settings;
    this.membership = membership;
    this.quorum = membership.quorum();
    this.history = history;
    this.disk = disk;
    this.epochs = epochs;
    this.port = port;
    this.links =
        new LearnerLinks(membership.voters().stream().mapToLong(Long::longValue).toArray());
    this.epochAcked = new boolean[links.voters()];
    this.firstCurrentEpoch = epochs.current();
    this.firstLastZxid = history.lastZxid();
    if (links.placeOf(settings.self) == LearnerLink.NO_VOTE) {
      throw new IllegalStateException("self=" + settings.self + " voters=" + membership.voters());
    }
  }

  // What happens to it

  /** This member was elected. */
  public void start(long nowMs) {
    if (phase != Phase.NEW || history.tailSize() != 0 || !history.isDurable()) {
      throw new IllegalStateException(
          "phase=" + phase + " tail=" + history.tailSize() + " durable=" + history.isDurable());
    }
    latestAccepted = epochs.accepted();
    nextTickMs = nowMs + halfTick();
    phase(Phase.DISCOVERY, nowMs);
    proposeEpochIfPossible(nowMs);
  }

  /** Somebody connected to the quorum port. */
  public void connected(long link, long nowMs) {
    if (phase != Phase.OVER) {
      links.add(new LearnerLink(link, nowMs));
    }
  }

  /** Packets of links that are closed, or unknown, are passed over. */
  public void received(long link, QuorumPacket packet, long nowMs) {
    LearnerLink learner = phase == Phase.OVER ? null : links.find(link);
    if (learner == null) {
      return;
    }
    learner.heardMs = nowMs;
    try {
      receive(learner, packet, nowMs);
    } catch (MalformedRecordException e) {
      close(learner, packet + ": " + e.getMessage());
    }
  }

  /** The learner took some bytes of its snapshot: that is a sign of life. */
  public void progressed(long link, long nowMs) {
    LearnerLink learner = phase == Phase.OVER ? null : links.find(link);
    if (learner == null) {
      return;
    }
    learner.heardMs = nowMs;
    if (phase == Phase.SYNCHRONISATION && learner.isVoter()) {
      deadlineMs = nowMs + settings.initLimitMs();
    }
  }

  /** The other side is gone. */
  public void closed(long link, long nowMs) {
    LearnerLink learner = phase == Phase.OVER ? null : links.find(link);
    if (learner != null) {
      forget(learner);
    }
  }

  /** This member's own log has everything up to there. Tells {@link History}. */
  public void durable(long zxid, long nowMs) {
    history.durable(zxid);
    acksCameIn = true;
  }

  /** The number of the next proposal. */
  public long nextZxid() {
    return lastProposed + 1;
  }

  /**
   * The next number would be the last one of the epoch, which is never used: the caller has to step
   * down, so that another epoch begins (ZOOKEEPER-1277).
   */
  public boolean isEpochUsedUp() {
    return Zxid.counter(nextZxid()) >= settings.lastCounter;
  }

  /** Orders a transaction. The caller hands it to its log. */
  public void propose(Proposal proposal) {
    if (phase != Phase.BROADCAST || proposal.zxid() != nextZxid() || isEpochUsedUp()) {
      throw new IllegalStateException(
          "phase="
              + phase
              + " proposed="
              + Zxid.hex(proposal.zxid())
              + " lastProposed="
              + Zxid.hex(lastProposed));
    }
    history.append(proposal);
    lastProposed = proposal.zxid();
    QuorumPacket packet = packetOf(QuorumPacketType.PROPOSAL, proposal);
    for (int i = 0; i < links.size(); i++) {
      LearnerLink learner = links.at(i);
      if (!learner.observer && learner.isAtLeast(Stage.SYNCHRONISING)) {
        port.send(learner.link, packet);
      }
    }
  }

  /**
   * Asks for proof that this leader still leads: that a quorum follows it at some time after this
   * call (ZOOKEEPER-1675). {@link LeaderPort#confirmed} gets the number that is returned. One round
   * at a time is under way; who asks meanwhile waits for the next. Who asks one that has stepped
   * down waits for ever.
   */
  public long confirm(long nowMs) {
    if (phase != Phase.BROADCAST && phase != Phase.OVER) {
      throw new IllegalStateException("phase=" + phase);
    }
    roundWanted = true;
    return roundsBegun + 1;
  }

  /** The end of a batch of inputs. */
  public void flush(long nowMs) {
    if (phase == Phase.BROADCAST) {
      commitAcknowledged();
      advanceRounds();
    }
  }

  /** Something that depends on the time may be due. */
  public void tick(long nowMs) {
    if (phase == Phase.NEW || phase == Phase.OVER || nowMs < nextWakeMs()) {
      return;
    }
    if (nowMs < nextTickMs) {
      closeSilent(nowMs);
      return;
    }
    nextTickMs = nowMs + halfTick();
    if (phase != Phase.BROADCAST && nowMs >= deadlineMs) {
      stepDown("no quorum of voters within initLimit, phase=" + phase);
      return;
    }
    closeSilent(nowMs);
    synchroniseThoseThatWait(nowMs);
    pingAll();
  }

  /**
   * When to call {@link #tick} next. A follower that has been silent for too long is given up at
   * once and not with the next tick: without a quorum this member must not go on for longer than
   * syncLimit.
   */
  public long nextWakeMs() {
    long next = nextTickMs;
    for (int i = 0; i < links.size(); i++) {
      LearnerLink learner = links.at(i);
      if (learner.stage() == Stage.READY) {
        next = Math.min(next, learner.heardMs + settings.silenceMs());
      }
    }
    return next;
  }

  public void stepDown(String why) {
    if (phase != Phase.OVER) {
      phase = Phase.OVER;
      port.stepDown(why);
    }
  }

  public Phase phase() {
    return phase;
  }

  /** -1 while there is none. */
  public long epoch() {
    return epoch;
  }

  /** Those that have introduced themselves. */
  public List<LearnerView> learners() {
    List<LearnerView> views = new ArrayList<>();
    for (int i = 0; i < links.size(); i++) {
      if (links.at(i).isAtLeast(Stage.INTRODUCED)) {
        views.add(links.at(i).view());
      }
    }
    return views;
  }

  /** All connections, also of those that have not introduced themselves. */
  public List<Long> links() {
    List<Long> all = new ArrayList<>();
    for (int i = 0; i < links.size(); i++) {
      all.add(links.at(i).link);
    }
    return all;
  }

  // Packets

  private void receive(LearnerLink learner, QuorumPacket packet, long nowMs) {
    QuorumPacketType type = packet.type();
    if (type == null) {
      close(learner, "unknown " + packet);
      return;
    }
    switch (type) {
      case FOLLOWERINFO, OBSERVERINFO -> introduce(learner, packet, nowMs);
      case ACKEPOCH -> ackEpoch(learner, packet, nowMs);
      case ACK -> ack(learner, packet, nowMs);
      case PING -> answered(learner, packet);
      case REQUEST, REVALIDATE -> {
        if (learner.isAtLeast(Stage.READY)) {
          links.first(learner);
          port.fromLearner(learner.link, learner.sid, packet);
        } else {
          misplaced(learner, packet);
        }
      }
      case PROPOSAL,
          COMMIT,
          SYNC,
          INFORM,
          COMMITANDACTIVATE,
          NEWLEADER,
          UPTODATE,
          DIFF,
          TRUNC,
          SNAP,
          LEADERINFO,
          INFORMANDACTIVATE ->
          misplaced(learner, packet);
    }
  }

  private void misplaced(LearnerLink learner, QuorumPacket packet) {
    close(learner, packet + " out of place, " + learner);
  }

  private static byte[] dataOf(QuorumPacket packet) {
    byte[] data = packet.data();
    if (data == null) {
      throw new MalformedRecordException("no data");
    }
    return data;
  }

  // Discovery

  private void introduce(LearnerLink learner, QuorumPacket packet, long nowMs) {
    if (learner.stage() != Stage.SILENT) {
      misplaced(learner, packet);
      return;
    }
    LearnerInfo info = LearnerInfo.read(dataOf(packet));
    long accepted = Zxid.epoch(packet.zxid());
    String refusal = refusal(info, accepted);
    if (refusal != null) {
      close(learner, refusal + ", " + info);
      return;
    }
    boolean observer = packet.is(QuorumPacketType.OBSERVERINFO);
    int voter = observer ? LearnerLink.NO_VOTE : links.placeOf(info.serverId());
    // Servers that nobody knows may share an id; those of the ensemble are who they are.
    LearnerLink before =
        membership.member(info.serverId()) == null ? null : links.introducedAs(info.serverId());
    if (before != null) {
      close(before, "server " + info.serverId() + " has connected again");
      if (phase == Phase.OVER) {
        return;
      }
    }
    learner.sid = info.serverId();
    learner.observer = observer;
    learner.features = info.features() & settings.features;
    learner.cumulative = (learner.features & QuorumFeatures.CUMULATIVE) != 0;
    learner.acceptedEpoch = accepted;
    learner.stage(Stage.INTRODUCED);
    if (voter != LearnerLink.NO_VOTE) {
      links.setVoter(learner, voter);
      latestAccepted = Math.max(latestAccepted, accepted);
    }
    if (phase == Phase.DISCOVERY) {
      proposeEpochIfPossible(nowMs);
    } else {
      sendEpoch(learner, nowMs);
    }
  }

  private @Nullable String refusal(LearnerInfo info, long accepted) {
    if (info.protocolVersion() < LearnerInfo.PROTOCOL_VERSION) {
      return "speaks an old protocol";
    }
    if (info.configVersion() > settings.configVersion) {
      return "has a later configuration than version=" + settings.configVersion;
    }
    if (isSelf(info.serverId())) {
      return "has this server's id";
    }
    return accepted >= LAST_EPOCH ? "acceptedEpoch=" + accepted + " is none" : null;
  }

  private void proposeEpochIfPossible(long nowMs) {
    if (!quorum.isQuorum(isIntroduced)) {
      return;
    }
    epoch = latestAccepted + 1;
    lastProposed = Zxid.beginOf(epoch);
    epochs.accept(epoch);
    phase(Phase.EPOCH_PROPOSED, nowMs);
    port.epochBegins(epoch);
    for (int i = 0; i < links.size() && phase == Phase.EPOCH_PROPOSED; i++) {
      if (links.at(i).stage() == Stage.INTRODUCED) {
        sendEpoch(links.at(i), nowMs);
      }
    }
    synchroniseIfPossible(nowMs);
  }

  private void sendEpoch(LearnerLink learner, long nowMs) {
    long ahead = learner.acceptedEpoch - epoch;
    if (learner.isVoter() && ahead > 0 && ahead <= NEAR_EPOCHS) {
      stepDown(learner + " has promised epoch " + learner.acceptedEpoch + ", this is " + epoch);
      return;
    }
    // Apache's learners get exactly what Apache's leaders send.
    int features = learner.features == 0 ? 0 : settings.features;
    send(
        learner,
        QuorumPacketType.LEADERINFO,
        Zxid.beginOf(epoch),
        new LeaderInfo(LearnerInfo.PROTOCOL_VERSION, features).toBytes());
    learner.heardMs = nowMs;
    learner.stage(Stage.EPOCH_SENT);
  }

  private void ackEpoch(LearnerLink learner, QuorumPacket packet, long nowMs) {
    if (learner.stage() != Stage.EPOCH_SENT) {
      misplaced(learner, packet);
      return;
    }
    int currentEpoch = AckEpoch.read(dataOf(packet)).currentEpoch();
    learner.lastZxid = packet.zxid();
    learner.stage(Stage.EPOCH_ACKED);
    if (phase != Phase.EPOCH_PROPOSED) {
      synchronise(learner, nowMs);
      return;
    }
    if (!learner.isVoter()) {
      return;
    }
    if (currentEpoch == AckEpoch.ALREADY_ACCEPTED) {
      // Its first answer may be lost with an earlier connection. A new election, which is short,
      // makes an epoch that it can promise; waiting all of initLimit for the others is not short.
      if (!epochAcked[learner.voter]) {
        deadlineMs = Math.min(deadlineMs, nowMs + settings.tickTimeMs);
      }
      return;
    }
    if (currentEpoch > firstCurrentEpoch
        || currentEpoch == firstCurrentEpoch && learner.lastZxid > firstLastZxid) {
      stepDown(
          learner
              + " is ahead: currentEpoch="
              + currentEpoch
              + " lastZxid="
              + Zxid.hex(learner.lastZxid)
              + " here currentEpoch="
              + firstCurrentEpoch
              + " lastZxid="
              + Zxid.hex(firstLastZxid));
      return;
    }
    epochAcked[learner.voter] = true;
    synchroniseIfPossible(nowMs);
  }

  // Synchronisation

  private void synchroniseIfPossible(long nowMs) {
    if (phase != Phase.EPOCH_PROPOSED || !quorum.isQuorum(hasAckedEpoch)) {
      return;
    }
    epochs.enter(epoch);
    phase(Phase.SYNCHRONISATION, nowMs);
    synchroniseThoseThatWait(nowMs);
    leadIfPossible(nowMs);
  }

  /**
   * Sends what the learner lacks of the committed history, then what is not committed yet, then
   * NEWLEADER. From here on it is sent everything that happens (ZOOKEEPER-3104: nothing of the
   * former can come behind NEWLEADER).
   */
  private void synchronise(LearnerLink learner, long nowMs) {
    SyncPlan plan =
        SyncPlan.choose(
            learner.lastZxid, learner.cumulative, history, diskLogIsBroken ? null : disk);
    if (plan.type() == QuorumPacketType.SNAP) {
      long zxid = port.sendSnapshot(learner.link);
      if (zxid == LeaderPort.SNAPSHOT_LATER) {
        return;
      }
      if (zxid != history.committedZxid()) {
        throw new IllegalStateException(
            "snapshot=" + Zxid.hex(zxid) + " committed=" + Zxid.hex(history.committedZxid()));
      }
    } else {
      send(learner, plan.type(), plan.zxid(), null);
      if (!sendOlder(learner, plan)) {
        diskLogIsBroken = true;
        close(learner, "the log on disk ends before the history in memory begins");
        return;
      }
      sendCommitted(learner, plan.afterZxid());
    }
    if (!learner.observer) {
      for (Proposal proposal : history.tail()) {
        port.send(learner.link, packetOf(QuorumPacketType.PROPOSAL, proposal));
      }
    }
    send(
        learner,
        QuorumPacketType.NEWLEADER,
        Zxid.beginOf(epoch),
        settings.configText.getBytes(StandardCharsets.UTF_8));
    learner.syncedZxid = history.committedZxid();
    learner.heardMs = nowMs;
    learner.stage(Stage.SYNCHRONISING);
  }

  /** There were too many snapshots on their way. */
  private void synchroniseThoseThatWait(long nowMs) {
    if (phase != Phase.SYNCHRONISATION && phase != Phase.BROADCAST) {
      return;
    }
    for (int i = links.size() - 1; i >= 0 && phase != Phase.OVER; i--) {
      if (links.at(i).stage() == Stage.EPOCH_ACKED) {
        synchronise(links.at(i), nowMs);
      }
    }
  }

  /**
   * Transactions from the disk, up to where the window begins.
   *
   * @return false when there is a hole (ZOOKEEPER-2418, ZOOKEEPER-4925). What was sent till then is
   *     right, but not all
   */
  private boolean sendOlder(LearnerLink learner, SyncPlan plan) {
    if (plan.older() == null) {
      return true;
    }
    long last = learner.lastZxid;
    try (DiskLog.Transactions older = plan.older()) {
      for (Proposal next = older.next(); next != null; next = older.next()) {
        if (!Zxid.follows(last, next.zxid()) || next.zxid() > plan.afterZxid()) {
          return false;
        }
        sendCommitted(learner, next);
        last = next.zxid();
      }
    }
    if (learner.cumulative && last != learner.lastZxid) {
      send(learner, QuorumPacketType.COMMIT, last, null);
    }
    return last == plan.afterZxid();
  }

  private void sendCommitted(LearnerLink learner, long afterZxid) {
    long last = afterZxid;
    for (Proposal proposal : history.window()) {
      if (proposal.zxid() > afterZxid) {
        sendCommitted(learner, proposal);
        last = proposal.zxid();
      }
    }
    if (learner.cumulative && last != afterZxid) {
      send(learner, QuorumPacketType.COMMIT, last, null);
    }
  }

  private void sendCommitted(LearnerLink learner, Proposal proposal) {
    port.send(learner.link, packetOf(QuorumPacketType.PROPOSAL, proposal));
    if (!learner.cumulative) {
      send(learner, QuorumPacketType.COMMIT, proposal.zxid(), null);
    }
  }

  private void synced(LearnerLink learner, long nowMs) {
    learner.stage(Stage.SYNCED);
    learner.ackedZxid = Math.max(learner.ackedZxid, learner.syncedZxid);
    acksCameIn = true;
    if (phase == Phase.BROADCAST) {
      ready(learner, nowMs);
    } else {
      leadIfPossible(nowMs);
    }
  }

  private void leadIfPossible(long nowMs) {
    if (phase != Phase.SYNCHRONISATION || !quorum.isQuorum(isSynced)) {
      return;
    }
    phase(Phase.BROADCAST, nowMs);
    port.lead(epoch);
    for (int i = 0; i < links.size(); i++) {
      if (links.at(i).stage() == Stage.SYNCED) {
        ready(links.at(i), nowMs);
      }
    }
  }

  private void ready(LearnerLink learner, long nowMs) {
    send(learner, QuorumPacketType.UPTODATE, -1, null);
    learner.heardMs = nowMs;
    learner.stage(Stage.READY);
    port.learnerReady(learner.link, learner.sid);
  }

  // Broadcast

  private void ack(LearnerLink learner, QuorumPacket packet, long nowMs) {
    long zxid = packet.zxid();
    if (!learner.isAtLeast(Stage.SYNCHRONISING)) {
      misplaced(learner, packet);
    } else if (zxid == Zxid.beginOf(epoch)) {
      // Comes a second time behind UPTODATE.
      if (learner.stage() == Stage.SYNCHRONISING) {
        synced(learner, nowMs);
      }
    } else if (zxid < 0 || zxid > history.lastZxid()) {
      close(learner, packet + " acknowledges more than " + Zxid.hex(history.lastZxid()));
    } else if (zxid > learner.ackedZxid) {
      // One that comes before that of NEWLEADER is kept for then (ZOOKEEPER-4685).
      learner.ackedZxid = zxid;
      acksCameIn = true;
    }
  }

  /**
   * Commits, in order, what a quorum has on disk. This member is one of them and no more: what the
   * others have is committed even if its own disk is slow.
   */
  private void commitAcknowledged() {
    if (!acksCameIn) {
      return;
    }
    acksCameIn = false;
    long committed = history.committedZxid();
    long upTo = commitPoint();
    for (Proposal next = history.nextToCommit();
        next != null && next.zxid() <= upTo;
        next = history.nextToCommit()) {
      history.commit();
      port.committed(next);
      tellCommitted(next);
    }
    if (history.committedZxid() != committed) {
      QuorumPacket packet = new QuorumPacket(QuorumPacketType.COMMIT, history.committedZxid());
      for (int i = 0; i < links.size(); i++) {
        LearnerLink learner = links.at(i);
        if (learner.cumulative && !learner.observer && learner.isAtLeast(Stage.SYNCHRONISING)) {
          port.send(learner.link, packet);
        }
      }
    }
  }

  private long commitPoint() {
    long best = history.committedZxid();
    for (int i = 0; i < links.voters(); i++) {
      best = better(ackedBy(links.voterAt(i)), best);
    }
    return better(history.durableZxid(), best);
  }

  private long better(long zxid, long best) {
    if (zxid <= best) {
      return best;
    }
    candidate = zxid;
    return quorum.isQuorum(hasCandidate) ? zxid : best;
  }

  private boolean hasCandidate(long sid) {
    return (isSelf(sid) ? history.durableZxid() : ackedBy(ofVoter(sid))) >= candidate;
  }

  private static long ackedBy(@Nullable LearnerLink voter) {
    return voter == null || !voter.isAtLeast(Stage.SYNCED) ? -1 : voter.ackedZxid;
  }

  /** Those that get one packet for each transaction. */
  private void tellCommitted(Proposal proposal) {
    QuorumPacket commit = null;
    QuorumPacket inform = null;
    for (int i = 0; i < links.size(); i++) {
      LearnerLink learner = links.at(i);
      if (!learner.isAtLeast(Stage.SYNCHRONISING)) {
        continue;
      }
      if (learner.observer) {
        inform = inform == null ? packetOf(QuorumPacketType.INFORM, proposal) : inform;
        port.send(learner.link, inform);
      } else if (!learner.cumulative) {
        commit =
            commit == null ? new QuorumPacket(QuorumPacketType.COMMIT, proposal.zxid()) : commit;
        port.send(learner.link, commit);
      }
    }
  }

  // Proof of leadership

  private void advanceRounds() {
    while (true) {
      if (roundsConfirmed == roundsBegun) {
        if (!roundWanted) {
          return;
        }
        beginRound();
      }
      if (!quorum.isQuorum(hasAnswered)) {
        return;
      }
      roundsConfirmed = roundsBegun;
      port.confirmed(roundsConfirmed);
    }
  }

  private void beginRound() {
    roundWanted = false;
    roundsBegun++;
    for (int i = 0; i < links.voters(); i++) {
      LearnerLink learner = links.voterAt(i);
      if (learner != null && learner.isAtLeast(Stage.READY)) {
        ping(learner);
        learner.pingOfRound = learner.pingsSent;
      }
    }
  }

  private void answered(LearnerLink learner, QuorumPacket packet) {
    if (learner.pingsAnswered == learner.pingsSent) {
      // Would be taken for the answer to a PING that is still to be sent.
      close(learner, packet + " answers nothing, " + learner);
      return;
    }
    learner.pingsAnswered++;
    port.fromLearner(learner.link, learner.sid, packet);
  }

  // Time

  private void pingAll() {
    for (int i = 0; i < links.size() && phase != Phase.OVER; i++) {
      if (links.at(i).isAtLeast(Stage.SYNCHRONISING)) {
        ping(links.at(i));
      }
    }
  }

  private void ping(LearnerLink learner) {
    if (learner.isAtLeast(Stage.READY)) {
      learner.pingsSent++;
    }
    send(learner, QuorumPacketType.PING, lastProposed, null);
  }

  private void closeSilent(long nowMs) {
    for (int i = links.size() - 1; i >= 0 && phase != Phase.OVER; i--) {
      LearnerLink learner = links.at(i);
      long silentMs = nowMs - learner.heardMs;
      boolean gone =
          switch (learner.stage()) {
            case SILENT -> silentMs > settings.syncLimitMs();
            case READY -> silentMs >= settings.silenceMs();
            case EPOCH_SENT, SYNCHRONISING -> silentMs > settings.initLimitMs();
            // It waits for this leader.
            case INTRODUCED, EPOCH_ACKED, SYNCED -> false;
          };
      if (gone) {
        close(learner, "silent for " + silentMs + " ms, " + learner);
      } else if (learner.stage() == Stage.READY && !learner.observer) {
        closeUnlessItAcknowledges(learner, nowMs);
      }
    }
  }

  /** As Apache does, a follower that answers PINGs but whose disk has stopped is given up. */
  private void closeUnlessItAcknowledges(LearnerLink learner, long nowMs) {
    if (learner.ackedZxid >= learner.awaitedZxid) {
      learner.awaitedZxid = history.lastZxid();
      learner.awaitedSinceMs = nowMs;
    } else if (nowMs - learner.awaitedSinceMs > settings.syncLimitMs()) {
      close(learner, "has not acknowledged " + Zxid.hex(learner.awaitedZxid) + ", " + learner);
    }
  }

  // Links

  private void send(LearnerLink learner, QuorumPacketType type, long zxid, byte @Nullable [] data) {
    port.send(learner.link, new QuorumPacket(type, zxid, data));
  }

  private static QuorumPacket packetOf(QuorumPacketType type, Proposal proposal) {
    return new QuorumPacket(type, proposal.zxid(), proposal.body());
  }

  private void close(LearnerLink learner, String why) {
    port.close(learner.link, why);
    forget(learner);
  }

  private void forget(LearnerLink learner) {
    links.remove(learner);
    if (learner.isAtLeast(Stage.INTRODUCED)) {
      port.learnerGone(learner.link, learner.sid);
    }
    if (phase == Phase.BROADCAST && learner.isVoter() && !quorum.isQuorum(isSynced)) {
      stepDown("no quorum of voters follows any more, the last to go was " + learner);
    }
  }

  private boolean isSelf(long sid) {
    return sid == settings.self;
  }

  private @Nullable LearnerLink ofVoter(long sid) {
    return links.ofVoter(sid);
  }

  private boolean hasAckedEpoch(long sid) {
    int place = links.placeOf(sid);
    return place != LearnerLink.NO_VOTE && epochAcked[place];
  }

  private static boolean isSynced(@Nullable LearnerLink learner) {
    return learner != null && learner.isAtLeast(Stage.SYNCED);
  }

  private static boolean hasAnswered(@Nullable LearnerLink learner) {
    return learner != null
        && learner.isAtLeast(Stage.READY)
        && learner.pingsAnswered >= learner.pingOfRound;
  }

  private void phase(Phase next, long nowMs) {
    if (next.ordinal() <= phase.ordinal()) {
      throw new IllegalStateException("phase=" + phase + " next=" + next);
    }
    phase = next;
    deadlineMs = nowMs + settings.initLimitMs();
  }

  private long halfTick() {
    return Math.max(1, settings.tickTimeMs / 2);
  }
}
