package conclave.server;

import conclave.replica.RoleView;
import conclave.replica.Serving;
import conclave.server.admin.AuditLog;
import conclave.server.admin.FourLetterWords;
import conclave.server.admin.Recorder;
import conclave.server.admin.ServerMetrics;
import conclave.server.admin.Summary;
import conclave.server.auth.ClientTls;
import conclave.server.auth.Identities;
import conclave.server.auth.SaslLogin;
import conclave.server.config.ServerConfig;
import conclave.server.loop.Clock;
import conclave.server.loop.Fate;
import conclave.server.loop.Peers;
import conclave.server.loop.ReplicaThread;
import conclave.server.loop.SharedTree;
import conclave.server.loop.SnapshotKeeper;
import conclave.server.pipeline.Admission;
import conclave.server.quorum.QuorumSettings;
import conclave.server.transport.ClientPort;
import conclave.server.transport.IoLoops;
import conclave.server.transport.Words;
import conclave.state.AuthSchemes;
import conclave.state.Notices;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.Compression;
import conclave.storage.Disk;
import conclave.storage.EpochFiles;
import conclave.storage.Member;
import conclave.storage.RealDisk;
import conclave.storage.Recovered;
import conclave.storage.SnapshotCadence;
import conclave.storage.SnapshotStreamDecoder;
import conclave.storage.Storage;
import conclave.storage.StorageOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running server: recovers its data, starts its threads, opens its ports.
 *
 * <pre>{@code
 * ServerConfig config = ZooCfg.load(file, properties);
 * try (ConclaveServer server = ConclaveServer.start(config, fate)) { ... }
 * }</pre>
 */
public final class ConclaveServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConclaveServer.class);

  private final Storage storage;
  private final IoLoops loops;
  private final ReplicaThread replica;
  private final @Nullable NetworkPeers peers;
  private final ClientPort clients;
  private final @Nullable ClientTls tls;
  private final @Nullable AuditLog audit;
  private final HttpPorts http = new HttpPorts();
  private int clientPort = -1;
  private int secureClientPort = -1;
  private boolean closed;

  private ConclaveServer(
      Storage storage,
      IoLoops loops,
      ReplicaThread replica,
      @Nullable NetworkPeers peers,
      ClientPort clients,
      @Nullable ClientTls tls,
      @Nullable AuditLog audit) {
    this.storage = storage;
    this.loops = loops;
    this.replica = replica;
    this.peers = peers;
    this.clients = clients;
    this.tls = tls;
    this.audit = audit;
  }

  /**
   * Starts a server; when this returns clients may come.
   *
   * @param fate told, on any thread, when the server can't go on; it is to be closed then
   * @throws conclave.server.auth.TlsException when the stores of keys can't be used
   * @throws conclave.server.auth.SaslSetupException when the JAAS configuration can't be used
   * @throws IOException when a port can't be bound
   * @throws conclave.storage.StorageException when the data can't be used; its message names the
   *     file
   */
  public static ConclaveServer start(ServerConfig config, Fate fate) throws IOException {
    return start(config, fate, new RealDisk());
  }

  /** The same on a disk of the caller's, as for tests of what becomes of a server when it fails. */
  public static ConclaveServer start(ServerConfig config, Fate fate, Disk disk) throws IOException {
    // Whatever can be found wrong without touching the disk is found before it is touched.
    ClientTls tls = usesTls(config) ? ClientTls.open(config.clientTls()) : null;
    SaslLogin sasl = SaslLogin.open(config.security());
    Storage storage = Storage.open(storageOptions(config), disk);
    try {
      return start(config, fate, tls, sasl, storage);
    } catch (IOException | RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  private static boolean usesTls(ServerConfig config) {
    return config.ports().secureClient() != null || config.clientTls().portUnification();
  }

  private static ConclaveServer start(
      ServerConfig config,
      Fate fate,
      @Nullable ClientTls tls,
      @Nullable SaslLogin sasl,
      Storage storage)
      throws IOException {
    config.warnings().forEach(LOG::warn);
    Clock clock = Clock.SYSTEM;
    long beganMs = clock.monotonicMs();
    StateConfig stateConfig = stateConfig(config);
    Notices notices = new LoggedNotices();
    Member member = recover(config, storage, stateConfig, notices);
    Recovered recovered = member.recovered();
    StateMachine state = recovered.state();
    recovered.warnings().forEach(LOG::warn);
    LOG.info(
        "Recovered: zxid 0x{}, from the snapshot at 0x{} and {} transactions of the log",
        Long.toHexString(recovered.lastZxid()),
        Long.toHexString(recovered.snapshotZxid()),
        recovered.replayed());
    SharedTree tree = new SharedTree(state);
    boolean prometheus = config.metrics().provider() == ServerConfig.MetricsProvider.PROMETHEUS;
    ServerMetrics metrics = new ServerMetrics(prometheus);
    Recorder startup = metrics.newRecorder();
    startup.record(Summary.DBINITTIME, clock.monotonicMs() - beganMs);
    startup.record(Summary.STARTUP_TXNS_LOADED, recovered.replayed());
    // Alone, a server has nothing else to do meanwhile: its event loop's core would fall asleep,
    // and
    // what waking that one for the next request takes is more than what a visit saves.
    boolean visitable = config.ensemble().isDistributed();
    IoLoops loops = new IoLoops(ioThreads(config), tree, visitable, clock, metrics);
    loops.watchTables().forEach(tree::attach);
    SnapshotKeeper snapshots =
        new SnapshotKeeper(tree, storage, config.purge().snapRetainCount(), metrics, clock);
    AuditLog audit =
        config.features().auditEnabled()
            ? new AuditLog(System.getProperty("user.name", "<NA>"))
            : null;
    NetworkPeers peers =
        config.ensemble().isDistributed() ? peers(config, stateConfig, notices, clock) : null;
    ReplicaThread.Parts parts =
        new ReplicaThread.Parts(
            ReplicaConfigs.of(config, member.standing() != Member.Standing.WHOLE),
            ReplicaConfigs.logOptions(config.storage()),
            tree,
            storage,
            stateConfig,
            notices,
            isLogging(config.ensemble()),
            cadence(config),
            snapshots,
            peers == null ? Peers.NONE : peers,
            loops,
            member.epochs(),
            metrics,
            audit,
            clock,
            fate);
    ReplicaThread replica = new ReplicaThread(parts);
    schedulePurges(config.purge(), loops, snapshots);
    Admission admission = new Admission(config, ThreadLocalRandom.current()::nextDouble);
    ServerStatus status = new ServerStatus(config, tree, replica, loops, admission, metrics, clock);
    FourLetterWords words = new FourLetterWords(config.enabledWords());
    Identities identities = new Identities(config.security(), metrics);
    ClientPort clients =
        new ClientPort(
            new ClientPort.Parts(
                config,
                loops,
                tree,
                replica,
                identities,
                admission,
                words(words, status),
                sasl,
                audit,
                clock));
    ConclaveServer server = new ConclaveServer(storage, loops, replica, peers, clients, tls, audit);
    if (peers == null) {
      // Whoever comes first may come before the replica's thread has said so itself.
      loops.serve(Serving.EVERYBODY);
    }
    replica.start();
    try {
      if (peers != null) {
        peers.start(replica);
      }
      server.listen(config, status);
      SnapshotsOnDemand onDemand = new SnapshotsOnDemand(replica, tree, identities, metrics);
      server.http.open(
          config,
          loops,
          status,
          words,
          onDemand,
          new RestoreOnDemand(parts, replica, onDemand, peers != null));
      if (audit != null) {
        audit.started();
      }
    } catch (IOException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void listen(ServerConfig config, ServerStatus status) throws IOException {
    ServerConfig.Listener plain = config.ports().client();
    if (plain != null) {
      ClientTls unified = config.clientTls().portUnification() ? tls : null;
      clientPort = clients.listen(plain.toSocketAddress(), unified, true).getPort();
    }
    ServerConfig.Listener secure = config.ports().secureClient();
    if (secure != null) {
      secureClientPort = clients.listen(secure.toSocketAddress(), tls, false).getPort();
    }
    status.bound(clientPort, secureClientPort);
  }

  /** The port for plain clients; -1 when there is none. */
  public int clientPort() {
    return clientPort;
  }

  /** The port for clients that come by TLS; -1 when there is none. */
  public int secureClientPort() {
    return secureClientPort;
  }

  /** What this server is in its ensemble at the moment. */
  public RoleView role() {
    return replica.role();
  }

  /** The AdminServer's port; -1 when there is none. */
  public int adminPort() {
    return http.adminPort();
  }

  /** The port for Prometheus; -1 when there is none. */
  public int metricsPort() {
    return http.metricsPort();
  }

  /** Stops accepting, answers what is in flight, syncs the log, and ends all threads. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (audit != null) {
      audit.stopping();
    }
    http.close();
    clients.stopTaking();
    try {
      replica.stop();
    } catch (InterruptedException e) {
      // Whoever wants this thread to end gets that; the log is in order at any moment.
      Thread.currentThread().interrupt();
    }
    if (peers != null) {
      peers.close();
    }
    clients.close();
    loops.close();
    if (tls != null) {
      tls.close();
    }
    storage.close();
  }

  /** An observer may leave it to the voters to remember. */
  private static boolean isLogging(ServerConfig.Ensemble ensemble) {
    return !ensemble.isDistributed() || !ensemble.observer() || ensemble.observerSyncEnabled();
  }

  private static Member recover(
      ServerConfig config, Storage storage, StateConfig stateConfig, Notices notices) {
    if (config.ensemble().isDistributed()) {
      return storage.recoverMember(stateConfig, notices);
    }
    return new Member(
        storage.recover(stateConfig, notices),
        new EpochFiles.Epochs(0, 0),
        Member.Standing.WHOLE,
        false);
  }

  private static NetworkPeers peers(
      ServerConfig config, StateConfig stateConfig, Notices notices, Clock clock) {
    int maxItemBytes = config.limits().juteMaxBufferBytes() + config.limits().juteExtraBytes();
    return new NetworkPeers(
        QuorumSettings.of(config),
        () -> new SnapshotStreamDecoder(StateMachine.restore(stateConfig, notices), maxItemBytes),
        clock);
  }

  /** At once and every so many hours, as in Apache; never after a snapshot. */
  private static void schedulePurges(
      ServerConfig.Purge purge, IoLoops loops, SnapshotKeeper snapshots) {
    if (purge.intervalHours() > 0) {
      loops.every(Duration.ofHours(purge.intervalHours()), snapshots::purge);
    }
  }

  private static Words words(FourLetterWords words, ServerStatus status) {
    return new Words() {
      @Override
      public boolean knows(int letters) {
        return FourLetterWords.wordOf(letters) != null;
      }

      @Override
      public String answer(int letters, long rest) {
        String word = FourLetterWords.wordOf(letters);
        if (word == null) {
          throw new IllegalArgumentException("not a word: 0x" + Integer.toHexString(letters));
        }
        return FourLetterWords.hasArgument(word)
            ? words.setTraceMask(rest, status)
            : words.answer(word, status);
      }
    };
  }

  /**
   * One event loop serves some hundred thousand requests a second; more than half of the cores
   * idle.
   */
  private static int ioThreads(ServerConfig config) {
    int threads = config.limits().selectorThreads();
    return threads > 0 ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
  }

  private static SnapshotCadence cadence(ServerConfig config) {
    return new SnapshotCadence(
        config.snapshots().snapCount(),
        config.snapshots().snapSizeLimitKiB() * 1024,
        bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  private static StateConfig stateConfig(ServerConfig config) {
    ServerConfig.Features features = config.features();
    return new StateConfig(
        features.extendedTypesEnabled(),
        features.enforceQuota(),
        features.skipAcl(),
        features.closeSessionTxnEnabled(),
        config.storage().digestEnabled(),
        config.ensemble().reconfigEnabled(),
        config.ensemble().isDistributed() && features.localSessionsEnabled(),
        new AuthSchemes(config.security().authSchemes(), config.security().letAnySaslUserDo()));
  }

  private static StorageOptions storageOptions(ServerConfig config) {
    ServerConfig.Directories directories = config.directories();
    ServerConfig.Limits limits = config.limits();
    return new StorageOptions(
        directories.dataDir(),
        directories.dataLogDir(),
        directories.dataDirAutocreate(),
        directories.dbAutocreate(),
        config.snapshots().trustEmpty(),
        config.storage().forceSync(),
        config.storage().preAllocKiB() * 1024,
        limits.juteMaxBufferBytes() + limits.juteExtraBytes(),
        switch (config.snapshots().compression()) {
          case NONE -> Compression.NONE;
          case GZIP -> Compression.GZIP;
          case SNAPPY -> Compression.SNAPPY;
        },
        config.storage().digestEnabled(),
        config.snapshots().serializeLastProcessedZxid());
  }
}
