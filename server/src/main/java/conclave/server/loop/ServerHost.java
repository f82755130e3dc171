package conclave.server.loop;

import conclave.consensus.DiskLog;
import conclave.protocol.ErrorCode;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Notification;
import conclave.protocol.QuorumPacket;
import conclave.protocol.Request;
import conclave.protocol.Txn;
import conclave.replica.Host;
import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.state.SnapshotImage;
import conclave.state.StateMachine;
import conclave.state.WatchEvent;
import conclave.storage.DamagedException;
import conclave.storage.EpochFiles;
import conclave.storage.Recovered;
import conclave.storage.SnapshotStreamWriter;
import conclave.storage.Storage;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The real world around a replica. Everything runs on the replica's thread. */
final class ServerHost implements Host {
  private static final Logger LOG = LoggerFactory.getLogger(ServerHost.class);

  private final ReplicaThread.Parts parts;

  private final SharedTree tree;
  private final Storage storage;
  private final EpochFiles epochs;
  private final LogThread log;
  private final ReplicaFigures figures;
  private final EnsembleFigures ensembleFigures;
  private final List<Outbox> outboxes;
  private final LongConsumer restarted;
  private final DiskLog diskLog;
  private long appendedZxid;

  /**
   * @param restarted told the zxid with which the state on disk ends, when it was made anew
   */
  ServerHost(
      ReplicaThread.Parts parts, LogThread log, ReplicaFigures figures, LongConsumer restarted) {
    this.parts = parts;
    this.tree = parts.tree();
    this.storage = parts.storage();
    this.epochs = storage.epochs();
    this.log = log;
    this.figures = figures;
    this.ensembleFigures = new EnsembleFigures(parts.metrics().newRecorder(), parts.clock());
    this.outboxes = List.copyOf(parts.clients().outboxes());
    this.restarted = restarted;
    this.diskLog = new StoredTransactions(storage);
  }

  /** The first role of a member is not told of. */
  void began(RoleView role) {
    if (role.role() == RoleView.Part.LOOKING) {
      ensembleFigures.began();
    }
  }

  // --- the log and the disk

  @Override
  public void append(LoggedTxn txn) {
    log.append(txn);
  }

  @Override
  public void append(long zxid, byte[] entry) {
    appendedZxid = zxid;
    ensembleFigures.logged();
    if (parts.isLogging()) {
      log.append(zxid, entry);
    }
  }

  /** The last transaction that came to be logged, whether it was or not. */
  long appendedZxid() {
    return appendedZxid;
  }

  /** A little is written only when the batch is over: who can be answered need not wait for it. */
  @Override
  public void flushLog() {
    log.flushMany();
  }

  @Override
  public @Nullable StateMachine truncate(long zxid) {
    parts.snapshots().abandon();
    StateMachine[] made = new StateMachine[1];
    log.whileIdle(
        () -> {
          try {
            Recovered recovered = storage.truncate(zxid, parts.stateConfig(), parts.notices());
            made[0] = recovered.state();
            appendedZxid = 0;
            restarted.accept(recovered.lastZxid());
          } catch (DamagedException e) {
            LOG.warn("Can't truncate to 0x{}: {}", Long.toHexString(zxid), e.getMessage());
          }
          return storage.log();
        });
    if (made[0] != null) {
      tree.replace(made[0]);
    }
    return made[0];
  }

  @Override
  public void install(StateMachine state, long zxid) {
    parts.snapshots().abandon();
    log.whileIdle(
        () -> {
          storage.install(state);
          appendedZxid = 0;
          restarted.accept(zxid);
          return storage.log();
        });
    tree.replace(state);
  }

  @Override
  public DiskLog diskLog() {
    return diskLog;
  }

  @Override
  public void writeAcceptedEpoch(long epoch) {
    epochs.writeAccepted(epoch);
  }

  @Override
  public void writeCurrentEpoch(long epoch) {
    epochs.writeCurrent(epoch);
  }

  @Override
  public void complete() {
    storage.complete();
  }

  @Override
  public void beginSnapshot() {
    parts.snapshots().begin();
  }

  // --- the tree

  @Override
  public void exclusively(Runnable change) {
    tree.exclusively(change);
  }

  // --- peers

  @Override
  public void sendNotification(long sid, Notification notification) {
    parts.peers().sendNotification(sid, notification);
  }

  @Override
  public void connect(long link, long sid) {
    parts.peers().connect(link, sid);
  }

  @Override
  public void send(long link, QuorumPacket packet) {
    ensembleFigures.sent(packet);
    parts.peers().send(link, packet);
  }

  @Override
  public boolean sendSnapshot(long link, long zxid) {
    SnapshotImage image = tree.beginImage();
    if (image == null) {
      return false;
    }
    ensembleFigures.sentSnapshot();
    parts
        .peers()
        .sendSnapshot(
            link, new SnapshotStreamWriter(image), tree.sharedLock(), () -> tree.endImage(image));
    return true;
  }

  @Override
  public void flushLinks() {
    parts.peers().flush();
  }

  @Override
  public void close(long link, String why) {
    parts.peers().close(link, why);
  }

  // --- clients

  @Override
  public void serve(Serving whom) {
    parts.clients().serve(whom);
  }

  @Override
  public void flushClients() {
    for (Outbox outbox : outboxes) {
      if (!outbox.isEmpty()) {
        outbox.flush();
      }
    }
  }

  // --- people

  @Override
  public void roleChanged(RoleView role) {
    ensembleFigures.changed(role);
    if (role.role() != RoleView.Part.STANDALONE) {
      LOG.info(
          "{}{}{}{}",
          role.role(),
          role.leader() < 0 ? "" : " leader=" + role.leader(),
          role.epoch() < 0 ? "" : " epoch=" + role.epoch(),
          role.serving() == Serving.NOBODY ? "" : " serving=" + role.serving());
    }
  }

  @Override
  public void tell(String sentence) {
    LOG.info(sentence);
  }

  @Override
  public void fired(WatchEvent event, int watchers) {
    figures.fired(event, watchers);
  }

  @Override
  public void applied(long sessionId, @Nullable Request request, Txn txn, ErrorCode error) {
    figures.applied(sessionId, request, txn, error);
    ensembleFigures.applied();
  }

  @Override
  public void expired(long sessionId) {
    figures.expired(1);
  }

  @Override
  public void configuration(String text) {
    LOG.debug("The ensemble's configuration:\n{}", text);
  }
}
