package conclave.simulator;

import conclave.consensus.DiskLog;
import conclave.consensus.ElectionSettings;
import conclave.protocol.ErrorCode;
import conclave.protocol.JuteWriter;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.QuorumPacketType;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.replica.Host;
import conclave.replica.Replica;
import conclave.replica.ReplicaConfig;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.simulator.Fault.Death;
import conclave.state.Notices;
import conclave.state.SnapshotImage;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.state.WatchEvent;
import conclave.state.WatchTable;
import conclave.storage.DamagedException;
import conclave.storage.EpochFiles;
import conclave.storage.Recovered;
import conclave.storage.SnapshotCadence;
import conclave.storage.Storage;
import conclave.storage.StorageException;
import conclave.storage.StorageOptions;
import conclave.storage.simulated.PowerCut;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One process of a member: the replica of production, and around it what a server has threads and
 * sockets for, as things that take virtual time.
 *
 * <p>The process may end at any call that the replica makes.
 */
final class SimulatedHost implements Host {

  /** The process has just ended, in the middle of what it was doing. */
  private static final class Gone extends Error {
    private static final long serialVersionUID = 1L;

    Gone() {
      super("gone", null, false, false);
    }
  }

  /** Where servers talk to servers about what is replicated. */
  static final Object QUORUM_PORT = "quorum";

  /** Where clients talk to servers. */
  static final Object CLIENT_PORT = "client";

  private static final StorageOptions STORAGE =
      new StorageOptions(
          Path.of("/data"),
          Path.of("/data"),
          true,
          true,
          false,
          true,
          16 << 10,
          2 * 0xfffff,
          conclave.storage.Compression.NONE,
          true,
          true);
  private static final int SNAPSHOTS_KEPT = 3;

  private final Surroundings around;
  private final World world;
  private final Member member;
  private final SplittableRandom random;
  private final Touches touches = new Touches();

  private boolean alive = true;
  private int effectsLeft = -1;
  private Death death = Death.KILL;
  private long downMs;

  /** What the process would do if it weren't paused. */
  private final ArrayDeque<Runnable> deferred = new ArrayDeque<>();

  private boolean resuming;

  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
  private boolean turnScheduled;
  private boolean turning;
  private long wakeAtUs = Long.MAX_VALUE;
  private long turnMs;

  private @Nullable Storage storage;
  private @Nullable Replica replica;
  private final WatchTable watches = new WatchTable();
  private final SimulatedLog log;
  private final SimulatedPeers peers;
  private final SimulatedClients clients;
  private boolean imageOpen;
  private boolean snapshotAbandoned;
  private boolean leads;

  SimulatedHost(Surroundings around, Member member, int number) {
    this.around = around;
    this.world = around.world();
    this.member = member;
    this.random = member.random().split();
    this.log =
        new SimulatedLog(
            this,
            new SnapshotCadence(Math.max(2, around.options().snapCount()), 0, random::nextLong));
    this.peers = new SimulatedPeers(this, random.split(), number);
    this.clients = new SimulatedClients(this, random.split());
  }

  // --- the process

  Surroundings around() {
    return around;
  }

  Member member() {
    return member;
  }

  Replica replica() {
    return Objects.requireNonNull(replica, "not started");
  }

  boolean isStarted() {
    return replica != null;
  }

  boolean isAlive() {
    return alive;
  }

  Storage storage() {
    return Objects.requireNonNull(storage, "not started");
  }

  WatchTable watches() {
    return watches;
  }

  Touches touches() {
    return touches;
  }

  /** Monotonic milliseconds at which the batch began that is being handled. */
  long turnMs() {
    return turnMs;
  }

  SimulatedClients clients() {
    return clients;
  }

  void start() {
    Storage opened = Storage.open(STORAGE, member.disk());
    storage = opened;
    conclave.storage.Member found = opened.recoverMember(stateConfig(), Notices.NONE);
    Recovered recovered = found.recovered();
    EpochFiles.Epochs epochs = found.epochs();
    boolean whole = found.standing() == conclave.storage.Member.Standing.WHOLE;
    member.acceptedOnDisk(epochs.accepted());
    member.currentOnDisk(epochs.current());
    around
        .invariants()
        .restarted(member, recovered.lastZxid(), epochs.accepted(), epochs.current(), whole);
    member.whole(whole);
    recovered.state().attach(watches);
    world.say(
        () ->
            "server "
                + member.sid()
                + " has found "
                + TreeModel.hex(recovered.lastZxid())
                + " accepted="
                + epochs.accepted()
                + " current="
                + epochs.current()
                + (whole ? "" : " incomplete")
                + " "
                + recovered.warnings());
    replica =
        new Replica(
            config(!whole),
            recovered.state(),
            around.tampering().acceptedEpoch(epochs.accepted(), epochs.current()),
            epochs.current(),
            member.wallMs(),
            this);
    peers.start();
    input(() -> replica().start());
  }

  StateConfig stateConfig() {
    return StateConfig.DEFAULT
        .withExtendedTypes(true)
        .withLocalSessions(around.options().features().sessions() != Options.Sessions.GLOBAL);
  }

  private ReplicaConfig config(boolean incomplete) {
    Options options = around.options();
    return new ReplicaConfig(
        (int) member.sid(),
        options.tickTimeMs(),
        30_000,
        100,
        60_000,
        new ReplicaConfig.Ensemble(
            member.sid(),
            around.membership(),
            around.membership().isObserver(member.sid()),
            options.initLimitTicks(),
            options.syncLimitTicks(),
            options.leaderServes(),
            options.features().readOnlyMode(),
            options.features().sessions() != Options.Sessions.GLOBAL,
            options.features().sessions() == Options.Sessions.UPGRADED,
            options.commitLogCount(),
            1 << 20,
            incomplete,
            ElectionSettings.DEFAULT,
            options.features().zxidsPerEpoch()));
  }

  /** Something that the process does: at once, or when it goes on. */
  void run(Runnable body) {
    if (!alive) {
      return;
    }
    if (member.isPaused() || !deferred.isEmpty()) {
      deferred.addLast(body);
      resumeLater();
      return;
    }
    guarded(body);
  }

  private void resumeLater() {
    if (!resuming) {
      resuming = true;
      world.at(member.pausedUntilUs(), this::resume);
    }
  }

  /** The pause may have ended before its time. */
  void goOn() {
    if (!deferred.isEmpty()) {
      world.at(member.pausedUntilUs(), this::resume);
    }
  }

  private void resume() {
    resuming = false;
    while (alive && !deferred.isEmpty()) {
      if (member.isPaused()) {
        resumeLater();
        return;
      }
      guarded(deferred.removeFirst());
    }
  }

  private void guarded(Runnable body) {
    try {
      body.run();
    } catch (Gone e) {
      if (alive) {
        member.die(death, downMs);
      }
    } catch (PowerCut e) {
      if (alive) {
        member.die(Death.POWER_CUT, member.crashDownMs());
      }
    } catch (StorageException e) {
      if (alive) {
        member.exit(e);
      }
    } catch (RuntimeException e) {
      if (alive) {
        throw new Violation(
            "a member never meets what it can't explain", "server=" + member.sid() + ": " + e, e);
      }
    }
  }

  /** The process will have done something after that time. */
  void after(long delayUs, Runnable body) {
    world.after(delayUs, () -> run(body));
  }

  /** A call to the world, at which the process may end. */
  void effect() {
    if (effectsLeft >= 0 && effectsLeft-- == 0) {
      throw new Gone();
    }
  }

  void crashAfter(int effects, Death how, long newDownMs) {
    effectsLeft = effects;
    death = how;
    downMs = newDownMs;
    if (effects == 0) {
      run(this::effect);
    }
  }

  void dontCrash() {
    effectsLeft = -1;
  }

  /**
   * It is gone.
   *
   * @param silently whether nobody is told
   */
  void gone(boolean silently) {
    alive = false;
    peers.gone(silently);
    clients.gone(silently);
  }

  // --- the replica's thread

  /** The replica gets an input, in its next batch. */
  void input(Runnable input) {
    inbox.addLast(input);
    turnSoon();
  }

  private void turnSoon() {
    if (!turnScheduled) {
      turnScheduled = true;
      after(5 + random.nextLong(50), this::turn);
    }
  }

  private void turn() {
    turnScheduled = false;
    if (turning) {
      throw new IllegalStateException("a batch inside of a batch");
    }
    turning = true;
    try {
      batch();
    } finally {
      turning = false;
    }
    if (!inbox.isEmpty()) {
      turnSoon();
    }
    wakeLater();
  }

  private void batch() {
    Replica mind = replica();
    effect();
    turnMs = member.monotonicMs();
    boolean served = mind.role().serving() == Serving.EVERYBODY;
    mind.begin(turnMs, member.wallMs());
    int most = 1 + random.nextInt(1 << random.nextInt(8));
    for (int i = 0; i < most && !inbox.isEmpty(); i++) {
      inbox.removeFirst().run();
    }
    if (turnMs >= mind.nextWakeMs()) {
      mind.tick();
    }
    mind.finish();
    around.invariants().turned(this, served);
    effect();
  }

  private void wakeLater() {
    long wakeMs = replica().nextWakeMs();
    if (wakeMs >= Long.MAX_VALUE / 4) {
      return;
    }
    long us = Math.max(member.worldUs(wakeMs), world.nowUs() + 1);
    if (us < wakeAtUs) {
      wakeAtUs = us;
      world.at(us, () -> run(() -> wake(us)));
    }
  }

  private void wake(long us) {
    if (wakeAtUs == us) {
      wakeAtUs = Long.MAX_VALUE;
    }
    if (member.monotonicMs() >= replica().nextWakeMs()) {
      turnSoon();
    } else {
      wakeLater();
    }
  }

  // --- the log and the disk

  @Override
  public void append(LoggedTxn txn) {
    JuteWriter out = new JuteWriter(256);
    txn.write(out);
    append(txn.zxid(), out.toByteArray());
  }

  @Override
  public void append(long zxid, byte[] entry) {
    effect();
    if (leads) {
      around.invariants().prepared(this, zxid, entry);
    }
    around.invariants().appended(member, zxid, entry);
    log.append(zxid, entry);
  }

  @Override
  public void flushLog() {
    effect();
    log.flush();
  }

  /** The log's thread is done up to there. */
  void durable(long zxid) {
    around.invariants().durable(member, zxid);
    input(() -> replica().durable(zxid));
  }

  @Override
  public @Nullable StateMachine truncate(long zxid) {
    effect();
    if (!around.tampering().truncates()) {
      return replica().state();
    }
    snapshotAbandoned = imageOpen;
    log.checkIdle();
    around.invariants().truncating(member, zxid);
    world.say(() -> "server " + member.sid() + " truncates to " + TreeModel.hex(zxid));
    Recovered recovered;
    try {
      recovered = storage().truncate(zxid, stateConfig(), Notices.NONE);
    } catch (DamagedException e) {
      world.say(() -> "server " + member.sid() + " can't truncate: " + e.getMessage());
      return null;
    }
    around.invariants().truncated(member, recovered.lastZxid());
    recovered.state().attach(watches);
    effect();
    return recovered.state();
  }

  @Override
  public void install(StateMachine state, long zxid) {
    effect();
    snapshotAbandoned = imageOpen;
    log.checkIdle();
    world.say(() -> "server " + member.sid() + " installs " + TreeModel.hex(zxid));
    around.invariants().installing(member, zxid);
    if (around.tampering().installs()) {
      storage().install(state);
    }
    around.invariants().installed(member, zxid);
    state.attach(watches);
    effect();
  }

  @Override
  public DiskLog diskLog() {
    return new StoredTransactions(this);
  }

  @Override
  public void writeAcceptedEpoch(long epoch) {
    effect();
    if (around.tampering().writesEpochs()) {
      storage().epochs().writeAccepted(epoch);
    }
    member.acceptedOnDisk(epoch);
    effect();
  }

  @Override
  public void writeCurrentEpoch(long epoch) {
    effect();
    if (around.tampering().writesEpochs()) {
      storage().epochs().writeCurrent(epoch);
    }
    member.currentOnDisk(epoch);
    effect();
  }

  @Override
  public void complete() {
    effect();
    storage().complete();
    member.whole(true);
  }

  // --- snapshots

  @Override
  public void beginSnapshot() {
    effect();
    SnapshotImage image = beginImage();
    if (image != null) {
      snapshotAbandoned = false;
      after(random.nextLong(100 * World.MS), () -> writeSnapshot(image));
    }
  }

  /** The tree as it is; null while it is being handed out to somebody else. */
  @Nullable SnapshotImage beginImage() {
    if (imageOpen) {
      return null;
    }
    imageOpen = true;
    return replica().state().beginSnapshot();
  }

  void endImage(SnapshotImage image) {
    image.close();
    imageOpen = false;
  }

  private void writeSnapshot(SnapshotImage image) {
    try {
      var file =
          storage()
              .snapshots()
              .write(image, new TurnTaking(world, random, () -> snapshotAbandoned));
      world.say(() -> "server " + member.sid() + " has written " + file.getFileName());
      storage().snapshots().purge(SNAPSHOTS_KEPT);
    } catch (java.io.IOException e) {
      // As in production: without this snapshot the next start only takes longer.
      world.say(() -> "server " + member.sid() + " can't write a snapshot: " + e.getMessage());
    } catch (TurnTaking.Abandoned e) {
      world.say(() -> "server " + member.sid() + " gives up a snapshot");
    } finally {
      endImage(image);
    }
  }

  void snapshotDue() {
    input(() -> replica().snapshotDue());
  }

  // --- the tree

  @Override
  public void exclusively(Runnable change) {
    effect();
    change.run();
  }

  // --- peers

  @Override
  public void sendNotification(long sid, Notification notification) {
    effect();
    peers.sendNotification(sid, around.tampering().notification(notification));
  }

  @Override
  public void connect(long link, long sid) {
    effect();
    peers.connect(link, sid);
  }

  @Override
  public void send(long link, QuorumPacket packet) {
    effect();
    boolean toLeader = link < 0;
    if (!toLeader) {
      for (QuorumPacket forged : around.tampering().forged(packet)) {
        input(() -> replica().learnerPacket(link, forged));
      }
    }
    List<QuorumPacket> sent =
        toLeader ? around.tampering().toLeader(this, packet) : around.tampering().toLearner(packet);
    for (QuorumPacket each : sent) {
      around.invariants().sent(member, each, toLeader);
      peers.send(link, each);
    }
  }

  @Override
  public boolean sendSnapshot(long link, long zxid) {
    effect();
    SnapshotImage image = beginImage();
    if (image == null) {
      return false;
    }
    peers.sendSnapshot(link, new QuorumPacket(QuorumPacketType.SNAP, zxid), image);
    return true;
  }

  @Override
  public void flushLinks() {
    effect();
    peers.flush();
  }

  @Override
  public void close(long link, String why) {
    effect();
    world.say(() -> "server " + member.sid() + " closes link " + link + ": " + why);
    peers.close(link);
  }

  Network.Handler accepted(Network.End end, Object port) {
    return port == CLIENT_PORT ? clients.accepted(end) : peers.accepted(end, port);
  }

  // --- clients

  @Override
  public void serve(Serving whom) {
    effect();
    clients.serve(whom);
  }

  @Override
  public void flushClients() {
    effect();
    clients.flush();
  }

  // --- people

  @Override
  public void roleChanged(RoleView role) {
    effect();
    leads = role.role() == RoleView.Part.LEADING;
    if (role.serving() != Serving.EVERYBODY) {
      // Its connections end a moment later; what they say until then, no leader will hear of.
      touches.lost();
    }
    world.say(() -> "server " + member.sid() + " is " + role);
  }

  @Override
  public void tell(String sentence) {
    world.say(() -> "server " + member.sid() + ": " + sentence);
  }

  @Override
  public void fired(WatchEvent event, int watchers) {}

  @Override
  public void applied(long sessionId, @Nullable Request request, Txn txn, ErrorCode error) {}

  @Override
  public void expired(long sessionId) {}

  @Override
  public void configuration(String text) {}
}
