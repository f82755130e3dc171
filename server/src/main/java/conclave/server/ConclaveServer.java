package conclave.server;

import conclave.server.admin.AuditLog;
import conclave.server.admin.FourLetterWords;
import conclave.server.admin.Recorder;
import conclave.server.admin.ServerMetrics;
import conclave.server.admin.Summary;
import conclave.server.auth.ClientTls;
import conclave.server.auth.Identities;
import conclave.server.config.ServerConfig;
import conclave.server.loop.Clock;
import conclave.server.loop.Fate;
import conclave.server.loop.LogOptions;
import conclave.server.loop.Replica;
import conclave.server.loop.ReplicaConfig;
import conclave.server.loop.SharedTree;
import conclave.server.loop.SnapshotKeeper;
import conclave.server.pipeline.Admission;
import conclave.server.transport.ClientPort;
import conclave.server.transport.IoLoops;
import conclave.server.transport.Words;
import conclave.state.AuthSchemes;
import conclave.state.StateConfig;
import conclave.state.StateMachine;
import conclave.storage.Compression;
import conclave.storage.Disk;
import conclave.storage.RealDisk;
import conclave.storage.Recovered;
import conclave.storage.SnapshotCadence;
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

  /** The server that a standalone one counts as in session ids, as in Apache. */
  private static final int SERVER_ID = 1;

  private final Storage storage;
  private final IoLoops loops;
  private final Replica replica;
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
      Replica replica,
      ClientPort clients,
      @Nullable ClientTls tls,
      @Nullable AuditLog audit) {
    this.storage = storage;
    this.loops = loops;
    this.replica = replica;
    this.clients = clients;
    this.tls = tls;
    this.audit = audit;
  }

  /**
   * Starts a server; when this returns clients may come.
   *
   * @param fate told, on any thread, when the server can't go on; it is to be closed then
   * @throws conclave.server.auth.TlsException when the stores of keys can't be used
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
    String notStandalone = config.whyNotStandalone();
    if (notStandalone != null) {
      throw new IOException(notStandalone);
    }
    ClientTls tls = usesTls(config) ? ClientTls.open(config.clientTls()) : null;
    Storage storage = Storage.open(storageOptions(config), disk);
    try {
      return start(config, fate, tls, storage);
    } catch (IOException | RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  private static boolean usesTls(ServerConfig config) {
    return config.ports().secureClient() != null || config.clientTls().portUnification();
  }

  private static ConclaveServer start(
      ServerConfig config, Fate fate, @Nullable ClientTls tls, Storage storage) throws IOException {
    config.warnings().forEach(LOG::warn);
    Clock clock = Clock.SYSTEM;
    long beganMs = clock.monotonicMs();
    Recovered recovered = storage.recover(stateConfig(config), new LoggedNotices());
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
    IoLoops loops = new IoLoops(ioThreads(config), tree, clock, metrics);
    loops.watchTables().forEach(state::attach);
    SnapshotKeeper snapshots =
        new SnapshotKeeper(
            tree, storage.snapshots(), config.purge().snapRetainCount(), metrics, clock);
    AuditLog audit =
        config.features().auditEnabled()
            ? new AuditLog(System.getProperty("user.name", "<NA>"))
            : null;
    Replica replica =
        new Replica(
            replicaConfig(config),
            tree,
            storage,
            cadence(config),
            snapshots,
            loops.outboxes(),
            metrics,
            audit,
            clock,
            fate);
    schedulePurges(config.purge(), loops, snapshots);
    Admission admission = new Admission(config, ThreadLocalRandom.current()::nextDouble);
    ServerStatus status = new ServerStatus(config, tree, replica, loops, admission, metrics, clock);
    FourLetterWords words = new FourLetterWords(config.enabledWords());
    ClientPort clients =
        new ClientPort(
            new ClientPort.Parts(
                config,
                loops,
                tree,
                replica,
                new Identities(config.security(), metrics),
                admission,
                words(words, status),
                audit,
                clock));
    ConclaveServer server = new ConclaveServer(storage, loops, replica, clients, tls, audit);
    replica.start();
    try {
      server.listen(config, status);
      server.http.open(config, loops, status, words);
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
    clients.close();
    loops.close();
    if (tls != null) {
      tls.close();
    }
    storage.close();
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
        new AuthSchemes(config.security().authSchemes(), config.security().letAnySaslUserDo()));
  }

  private static ReplicaConfig replicaConfig(ServerConfig config) {
    ServerConfig.Containers containers = config.containers();
    int perRun =
        (int) Math.max(1, containers.maxPerMinute() * (long) containers.checkIntervalMs() / 60_000);
    return new ReplicaConfig(
        SERVER_ID,
        config.timing().tickTimeMs(),
        logOptions(config.storage()),
        containers.checkIntervalMs(),
        perRun,
        containers.maxNeverUsedIntervalMs());
  }

  private static LogOptions logOptions(ServerConfig.Storage storage) {
    int maxBatch = storage.maxBatchSize() == 0 ? Integer.MAX_VALUE : storage.maxBatchSize();
    return new LogOptions(
        maxBatch,
        storage.flushDelayMs(),
        storage.maxWriteQueuePollTimeMs(),
        storage.txnLogSizeLimitKiB() * 1024,
        storage.fsyncWarningThresholdMs());
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
