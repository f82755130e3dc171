package conclave.consensus;

import conclave.protocol.AckEpoch;
import conclave.protocol.LeaderInfo;
import conclave.protocol.LearnerInfo;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumFeatures;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A learner's side of ZAB 1.0, for followers and observers: it promises to follow a leader's epoch,
 * makes its history equal to the leader's, and then logs and applies what the leader sends.
 *
 * <p>One object is one connection to one leader. The methods are what happens to it; it acts
 * through its {@link LearnerPort}. What the leader does against the rules, or not at all, ends in
 * {@link LearnerPort#leave}.
 */
public final class Following {
  /**
   * @param self the id to introduce itself with; may be negative for an observer without a number
   * @param leader the server that is connected to
   * @param initLimitTicks how long the leader may be silent before this member is up to date
   * @param syncLimitTicks how long it may be silent afterwards
   * @param configVersion of the configuration that this member has
   * @param features {@link QuorumFeatures} that this server speaks
   */
  public record Settings(
      long self,
      long leader,
      boolean observer,
      int tickTimeMs,
      int initLimitTicks,
      int syncLimitTicks,
      long configVersion,
      int features) {}

  /** How far this member has come; it only grows. */
  public enum Phase {
    /** Not connected. */
    NEW,
    /** Introduces itself and waits for LEADERINFO. */
    DISCOVERY,
    /** Has told where its history ends and waits for DIFF, TRUNC or SNAP. */
    EPOCH_ACKED,
    /** A snapshot is on its way. */
    SNAPSHOT,
    /** Gets what it lacks. */
    SYNCHRONISATION,
    /** Has got NEWLEADER and waits until everything before it is on disk. */
    LOGGING,
    /** Has acknowledged NEWLEADER and waits for UPTODATE. */
    SYNCED,
    /** Serves clients. */
    BROADCAST,
    /** Follows no more. */
    OVER
  }

  private static final long NONE = -1;

  private final Settings settings;
  private final History history;
  private final Epochs epochs;
  private final LearnerPort port;

  private Phase phase = Phase.NEW;
  private long epoch = NONE;
  private boolean cumulative;
  private boolean leaderIsApache;
  private boolean needsSnapshot;
  private long heardMs;

  /** Packets that wait until the log is idle, the first of them TRUNC or SNAP. */
  private final ArrayDeque<QuorumPacket> held = new ArrayDeque<>();

  private boolean waitsForLog;
  private @Nullable Object heldSnapshot;

  private long snapshotZxid = NONE;
  private long lastBeforeNewLeader;
  private long ackedZxid;

  public Following(Settings settings, History history, Epochs epochs, LearnerPort port) {
    this.settings = settings;
    this.history = history;
    this.epochs = epochs;
    this.port = port;
  }

  /**
   * What this member has can't be made equal to what the leader has, as an earlier attempt showed:
   * it tells the leader that it has nothing, and takes nothing but a snapshot. Before {@link
   * #connected}.
   */
  public void needSnapshot() {
    needsSnapshot = true;
  }

  /** Whether the next attempt to follow has to begin with {@link #needSnapshot}. */
  public boolean needsSnapshot() {
    return needsSnapshot;
  }

  // What happens to it

  /** The connection to the leader is there; another one after {@link #closedEarly}. */
  public void connected(long nowMs) {
    if (phase == Phase.OVER) {
      return;
    }
    heardMs = nowMs;
    if (phase != Phase.DISCOVERY) {
      phase(Phase.DISCOVERY);
    }
    LearnerInfo info =
        new LearnerInfo(
            settings.self, LearnerInfo.PROTOCOL_VERSION, settings.configVersion, settings.features);
    send(
        settings.observer ? QuorumPacketType.OBSERVERINFO : QuorumPacketType.FOLLOWERINFO,
        Zxid.beginOf(epochs.accepted()),
        info.toBytes());
  }

  public void received(QuorumPacket packet, long nowMs) {
    if (phase == Phase.OVER) {
      return;
    }
    heardMs = nowMs;
    if (waitsForLog) {
      held.addLast(packet);
    } else {
      receive(packet);
    }
  }

  /**
   * The stream behind a SNAP packet was received whole. What came before it was delivered before.
   */
  public void snapshot(Object snapshot, long nowMs) {
    if (phase == Phase.OVER) {
      return;
    }
    heardMs = nowMs;
    if (phase != Phase.SNAPSHOT || heldSnapshot != null) {
      throw new IllegalStateException("snapshot in phase=" + phase);
    }
    if (history.isDurable()) {
      install(snapshot);
    } else {
      heldSnapshot = snapshot;
      waitsForLog = true;
    }
  }

  /** Bytes of a snapshot are arriving. */
  public void progressed(long nowMs) {
    heardMs = nowMs;
  }

  /**
   * The connection is gone before the leader said anything: it may not know yet that it leads. The
   * caller tries again. All tries together have the time that the leader has to answer.
   */
  public void closedEarly(long nowMs) {
    if (phase.ordinal() > Phase.DISCOVERY.ordinal() && phase != Phase.OVER) {
      throw new IllegalStateException("closed early in phase=" + phase);
    }
  }

  /** The connection is gone, or could not be made. */
  public void closed(String why, long nowMs) {
    leave(why);
  }

  /** This member's log has everything up to there. Tells {@link History}. */
  public void durable(long zxid, long nowMs) {
    history.durable(zxid);
    if (phase == Phase.OVER) {
      return;
    }
    if (waitsForLog && history.isDurable()) {
      goOnWithHeld();
    }
    ackNewLeaderIfDurable();
  }

  /** The end of a batch of inputs: acknowledges what has become durable. */
  public void flush(long nowMs) {
    if (settings.observer || phase != Phase.SYNCED && phase != Phase.BROADCAST) {
      return;
    }
    long durable = history.durableZxid();
    if (durable <= ackedZxid) {
      return;
    }
    if (cumulative) {
      send(QuorumPacketType.ACK, durable, null);
    } else {
      // Apache's leader watches for the ACK of single proposals. They are of one epoch, so their
      // numbers follow one another.
      for (long zxid = ackedZxid + 1; zxid <= durable; zxid++) {
        send(QuorumPacketType.ACK, zxid, null);
      }
    }
    ackedZxid = durable;
  }

  /** Something that depends on the time may be due. */
  public void tick(long nowMs) {
    if (nowMs >= nextWakeMs()) {
      leave("the leader was silent for " + (nowMs - heardMs) + " ms, phase=" + phase);
    }
  }

  /** When to call {@link #tick} next. */
  public long nextWakeMs() {
    return phase == Phase.NEW || phase == Phase.OVER ? Long.MAX_VALUE : heardMs + limitMs();
  }

  public Phase phase() {
    return phase;
  }

  /** The leader's; -1 while it is unknown. */
  public long epoch() {
    return epoch;
  }

  /** Whether clients are served. */
  public boolean isServing() {
    return phase == Phase.BROADCAST;
  }

  /**
   * Whether the effects of this transaction may be in the tree already, or in parts: Apache's
   * leaders write a snapshot while they go on, and send what was committed meanwhile behind it.
   * Applying it has to bear that.
   */
  public boolean mayBeInSnapshot(long zxid) {
    return snapshotZxid != NONE
        && leaderIsApache
        && (phase.ordinal() < Phase.LOGGING.ordinal() || zxid <= lastBeforeNewLeader);
  }

  // Packets

  private void receive(QuorumPacket packet) {
    QuorumPacketType type = packet.type();
    if (type == null) {
      leave("unknown " + packet);
      return;
    }
    try {
      receive(type, packet);
    } catch (MalformedRecordException e) {
      leave(packet + ": " + e.getMessage());
    }
  }

  private void receive(QuorumPacketType type, QuorumPacket packet) {
    boolean inPlace =
        switch (type) {
          case LEADERINFO -> phase == Phase.DISCOVERY;
          case DIFF, TRUNC, SNAP -> phase == Phase.EPOCH_ACKED;
          case PROPOSAL, COMMIT, COMMITANDACTIVATE -> isAtLeast(Phase.SYNCHRONISATION);
          case INFORM, INFORMANDACTIVATE -> isAtLeast(Phase.SYNCHRONISATION) && settings.observer;
          case NEWLEADER -> phase == Phase.SYNCHRONISATION;
          case UPTODATE -> phase == Phase.SYNCED;
          case PING -> isAtLeast(Phase.SYNCHRONISATION);
          case REVALIDATE, SYNC -> phase == Phase.BROADCAST;
          case REQUEST, ACK, FOLLOWERINFO, OBSERVERINFO, ACKEPOCH -> false;
        };
    if (!inPlace) {
      leave(packet + " out of place, phase=" + phase);
      return;
    }
    switch (type) {
      case LEADERINFO -> leaderInfo(packet);
      case DIFF -> diff(packet);
      case TRUNC -> truncate(packet);
      case SNAP -> {
        snapshotZxid = packet.zxid();
        phase(Phase.SNAPSHOT);
      }
      case PROPOSAL -> append(packet.zxid(), dataOf(packet));
      case COMMIT -> commit(packet.zxid());
      case COMMITANDACTIVATE -> {
        commit(packet.zxid());
        port.fromLeader(packet);
      }
      case INFORM -> inform(packet.zxid(), dataOf(packet));
      case INFORMANDACTIVATE -> {
        inform(packet.zxid(), withoutLeader(dataOf(packet)));
        port.fromLeader(packet);
      }
      case NEWLEADER -> newLeader(packet);
      case UPTODATE -> upToDate();
      case PING -> ping(packet);
      case REVALIDATE, SYNC -> port.fromLeader(packet);
      case REQUEST, ACK, FOLLOWERINFO, OBSERVERINFO, ACKEPOCH ->
          throw new IllegalStateException("packet=" + packet);
    }
  }

  private static byte[] dataOf(QuorumPacket packet) {
    byte[] data = packet.data();
    if (data == null) {
      throw new MalformedRecordException("no data");
    }
    return data;
  }

  // Discovery

  private void leaderInfo(QuorumPacket packet) {
    LeaderInfo info = LeaderInfo.read(dataOf(packet));
    long offered = Zxid.epoch(packet.zxid());
    long accepted = epochs.accepted();
    if (offered < accepted || Zxid.counter(packet.zxid()) != 0) {
      leave(packet + " begins an epoch before acceptedEpoch=" + accepted);
      return;
    }
    // A promise counts once. It is repeated without being counted, for this member may still be
    // brought up to date.
    int answer = AckEpoch.ALREADY_ACCEPTED;
    if (offered > accepted) {
      epochs.accept(offered);
      answer = Math.toIntExact(epochs.current());
    }
    epoch = offered;
    cumulative = (info.features() & settings.features & QuorumFeatures.CUMULATIVE) != 0;
    leaderIsApache = info.features() == 0;
    send(
        QuorumPacketType.ACKEPOCH,
        needsSnapshot ? 0 : history.lastZxid(),
        new AckEpoch(answer).toBytes());
    phase(Phase.EPOCH_ACKED);
  }

  // Synchronisation

  private void diff(QuorumPacket packet) {
    long last = history.lastZxid();
    if (needsSnapshot && last != 0) {
      leave(packet + " where a snapshot is needed");
    } else if (Zxid.counter(last) != 0 && packet.zxid() < last) {
      leave(packet + " ends before lastZxid=" + Zxid.hex(last));
    } else {
      // The leader found the end of this member's history in its own committed one.
      phase(Phase.SYNCHRONISATION);
      commitTail();
    }
  }

  private void truncate(QuorumPacket packet) {
    if (needsSnapshot || packet.zxid() > history.lastZxid()) {
      leave(packet + " lastZxid=" + Zxid.hex(history.lastZxid()) + " snapshot=" + needsSnapshot);
      return;
    }
    if (!history.isDurable()) {
      held.addFirst(packet);
      waitsForLog = true;
      return;
    }
    if (packet.zxid() != history.lastZxid() && !truncateTo(packet.zxid())) {
      needsSnapshot = true;
      leave(packet + " can't be done, a snapshot is needed");
      return;
    }
    phase(Phase.SYNCHRONISATION);
    commitTail();
  }

  /** Fails also when this member never had what it would be left with. */
  private boolean truncateTo(long zxid) {
    if (!port.truncate(zxid)) {
      return false;
    }
    long last = history.lastZxid();
    if (last > zxid) {
      throw new IllegalStateException(
          "truncated=" + Zxid.hex(zxid) + " lastZxid=" + Zxid.hex(last));
    }
    // An Apache leader names the beginning of its epoch when it has nothing else.
    return last == zxid || Zxid.counter(zxid) == 0;
  }

  private void install(Object snapshot) {
    port.install(snapshot, snapshotZxid);
    if (history.lastZxid() != snapshotZxid || !history.isDurable() || history.tailSize() != 0) {
      throw new IllegalStateException(
          "snapshot="
              + Zxid.hex(snapshotZxid)
              + " lastZxid="
              + Zxid.hex(history.lastZxid())
              + " durable="
              + history.isDurable()
              + " tail="
              + history.tailSize());
    }
    needsSnapshot = false;
    phase(Phase.SYNCHRONISATION);
  }

  private void goOnWithHeld() {
    waitsForLog = false;
    Object snapshot = heldSnapshot;
    if (snapshot != null) {
      heldSnapshot = null;
      install(snapshot);
    }
    while (phase != Phase.OVER && !waitsForLog && !held.isEmpty()) {
      receive(held.removeFirst());
    }
  }

  private void commitTail() {
    while (history.nextToCommit() != null) {
      port.committed(history.commit());
    }
  }

  private void newLeader(QuorumPacket packet) {
    if (packet.zxid() != Zxid.beginOf(epoch)) {
      leave(packet + " of another epoch than " + epoch);
      return;
    }
    byte[] config = packet.data();
    if (config != null && config.length > 1) {
      port.configuration(new String(config, StandardCharsets.UTF_8));
    }
    lastBeforeNewLeader = history.lastZxid();
    // The leader counts on NEWLEADER's ACK for what was committed, and on single ones for the rest.
    ackedZxid = Math.max(history.committedZxid(), Zxid.beginOf(epoch));
    phase(Phase.LOGGING);
    ackNewLeaderIfDurable();
  }

  /**
   * First the transactions are on disk, then the epoch, then the leader is told (ZOOKEEPER-3911,
   * ZOOKEEPER-4643, ZOOKEEPER-4646, ZOOKEEPER-4785). No proposal is acknowledged before
   * (ZOOKEEPER-4685).
   */
  private void ackNewLeaderIfDurable() {
    if (phase == Phase.LOGGING && history.durableZxid() >= lastBeforeNewLeader) {
      epochs.enter(epoch);
      phase(Phase.SYNCED);
      send(QuorumPacketType.ACK, Zxid.beginOf(epoch), null);
    }
  }

  private void upToDate() {
    // Apache's learners say it a second time here, and its leaders pass over it.
    send(QuorumPacketType.ACK, Zxid.beginOf(epoch), null);
    phase(Phase.BROADCAST);
    port.serve(epoch);
  }

  // Broadcast

  /** Whether there was anything to append. */
  private boolean append(long zxid, byte[] body) {
    if (isInSnapshot(zxid)) {
      return false;
    }
    if (!Zxid.follows(history.lastZxid(), zxid)
        || Zxid.epoch(zxid) > epoch
        || isAtLeast(Phase.LOGGING) && Zxid.epoch(zxid) != epoch) {
      leave(
          "gap: proposal "
              + Zxid.hex(zxid)
              + " after lastZxid="
              + Zxid.hex(history.lastZxid())
              + " epoch="
              + epoch);
      return false;
    }
    Proposal proposal = new Proposal(zxid, body, port.decode(zxid, body));
    history.append(proposal);
    port.append(proposal);
    return true;
  }

  /** An Apache leader sends some of what it took into the snapshot behind it once more. */
  private boolean isInSnapshot(long zxid) {
    return zxid >= 0 && zxid <= snapshotZxid;
  }

  /** Commits do not wait for this member's disk: a quorum of others has it. */
  private void commit(long zxid) {
    if (isInSnapshot(zxid)) {
      return;
    }
    Proposal next = history.nextToCommit();
    if (next == null || zxid > history.lastZxid() || zxid < next.zxid()) {
      leave("COMMIT of " + Zxid.hex(zxid) + ", which is not to be committed" + position());
      return;
    }
    if (!cumulative && zxid != next.zxid()) {
      leave("COMMIT of " + Zxid.hex(zxid) + " before " + Zxid.hex(next.zxid()) + position());
      return;
    }
    while (next != null && next.zxid() <= zxid) {
      port.committed(history.commit());
      next = history.nextToCommit();
    }
    if (history.committedZxid() != zxid) {
      leave("COMMIT of " + Zxid.hex(zxid) + ", which was never proposed" + position());
    }
  }

  private void inform(long zxid, byte[] body) {
    Proposal next = history.nextToCommit();
    // Some versions of Apache's leaders sent their observers what was under way as PROPOSAL.
    if (next != null && next.zxid() == zxid || append(zxid, body)) {
      commit(zxid);
    }
  }

  private static byte[] withoutLeader(byte[] data) {
    if (data.length < Long.BYTES) {
      throw new MalformedRecordException("length=" + data.length);
    }
    byte[] body = new byte[data.length - Long.BYTES];
    System.arraycopy(data, Long.BYTES, body, 0, body.length);
    return body;
  }

  /** Apache's learners pass over a PING before they are up to date, and its answer is counted. */
  private void ping(QuorumPacket packet) {
    if (phase == Phase.BROADCAST) {
      send(QuorumPacketType.PING, packet.zxid(), port.touchedSessions());
    }
  }

  // Itself

  private void leave(String why) {
    if (phase != Phase.OVER) {
      phase = Phase.OVER;
      held.clear();
      heldSnapshot = null;
      port.leave(why);
    }
  }

  private String position() {
    return " committedZxid="
        + Zxid.hex(history.committedZxid())
        + " lastZxid="
        + Zxid.hex(history.lastZxid());
  }

  private void send(QuorumPacketType type, long zxid, byte @Nullable [] data) {
    port.send(new QuorumPacket(type, zxid, data));
  }

  private long limitMs() {
    return phase == Phase.BROADCAST
        ? Silence.limitMs(settings.tickTimeMs, settings.syncLimitTicks)
        : (long) settings.initLimitTicks * settings.tickTimeMs;
  }

  private boolean isAtLeast(Phase least) {
    return phase.ordinal() >= least.ordinal();
  }

  private void phase(Phase next) {
    if (next.ordinal() <= phase.ordinal()) {
      throw new IllegalStateException("phase=" + phase + " next=" + next);
    }
    phase = next;
  }
}
