package conclave.server.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Everything that configures a server, parsed and checked. Made by {@link ZooCfg}; the names of the
 * components are Apache's where it has one, with their unit.
 *
 * @param file the file that it came from, null for a start without one
 * @param extraProperties keys of the file that this server has no use for, as {@code
 *     zookeeper.<key>} properties
 * @param warnings what is odd but no reason not to start; one line each, to be logged at start
 */
public record ServerConfig(
    @Nullable Path file,
    Ports ports,
    Directories directories,
    Timing timing,
    Limits limits,
    ConnectionThrottle connectionThrottle,
    RequestThrottle requestThrottle,
    Storage storage,
    Snapshots snapshots,
    Purge purge,
    Features features,
    Containers containers,
    Security security,
    Tls clientTls,
    SortedSet<String> enabledWords,
    AdminServer adminServer,
    Metrics metrics,
    Ensemble ensemble,
    SortedMap<String, String> extraProperties,
    List<String> warnings) {

  /**
   * A start without a file: one plain client port on all addresses, ticks of two seconds,
   * everything else as by default.
   */
  public static ServerConfig embeddedDefault(Path dataDir, int clientPort) {
    return ZooCfg.embeddedDefault(dataDir, clientPort);
  }

  ServerConfig withWarnings(List<String> texts) {
    return new ServerConfig(
        file,
        ports,
        directories,
        timing,
        limits,
        connectionThrottle,
        requestThrottle,
        storage,
        snapshots,
        purge,
        features,
        containers,
        security,
        clientTls,
        enabledWords,
        adminServer,
        metrics,
        ensemble,
        extraProperties,
        List.copyOf(texts));
  }

  /**
   * Where clients come in.
   *
   * @param listenBacklog length of the accept queue, -1 for the system's default
   * @param observerMasterPort where followers host observers, 0 for nowhere
   */
  public record Ports(
      @Nullable Listener client,
      @Nullable Listener secureClient,
      int listenBacklog,
      int observerMasterPort) {}

  /**
   * An address to bind; port 0 takes any free one.
   *
   * @param host null for all addresses
   */
  public record Listener(@Nullable String host, int port) {

    /** Looks the name up when it is one; the answer may be unresolved. */
    public InetSocketAddress toSocketAddress() {
      return host == null ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    }
  }

  /**
   * Where data lives. Apache's own folder {@code version-2} inside both is the storage's business.
   *
   * @param dataDirAutocreate whether missing directories are made
   * @param dbAutocreate whether an empty directory may become an empty database
   * @param serverId the content of {@code myid}, -1 when there is none
   */
  public record Directories(
      Path dataDir,
      Path dataLogDir,
      boolean dataDirAutocreate,
      boolean dbAutocreate,
      long serverId) {}

  /** Ticks, and the limits between which a client's session timeout is held. */
  public record Timing(int tickTimeMs, int minSessionTimeoutMs, int maxSessionTimeoutMs) {}

  /**
   * Upper bounds.
   *
   * @param maxClientCnxns connections of one client address, 0 for no limit
   * @param maxCnxns connections of all clients, 0 for no limit
   * @param juteMaxBufferBytes the longest request frame
   * @param juteExtraBytes what a string or buffer inside a record may be longer than that
   * @param largeRequestThresholdBytes from which size on a request counts as large, -1 for never
   * @param sessionlessCnxnTimeoutMs how long a connection may stay without a session, and how long
   *     a frame that has begun may stay unfinished
   * @param maxUnreadBytes what all clients together may leave unread of their replies and events
   * @param selectorThreads event loops of the client ports, 0 for what suits the machine
   */
  public record Limits(
      int maxClientCnxns,
      int maxCnxns,
      int globalOutstandingLimit,
      int juteMaxBufferBytes,
      int juteExtraBytes,
      int largeRequestMaxBytes,
      int largeRequestThresholdBytes,
      int sessionlessCnxnTimeoutMs,
      int selectorThreads,
      int outstandingHandshakeLimit,
      boolean earlyDropSecureConnectionHandshakes,
      boolean clientTcpKeepAlive,
      long maxUnreadBytes) {}

  /**
   * The token bucket that new connections pass, with its random early drop.
   *
   * @param maxTokens 0 for no throttle
   * @param freezeTimeMs -1 for no early drop
   */
  public record ConnectionThrottle(
      int maxTokens,
      int tokenFillTimeMs,
      int tokenFillCount,
      int freezeTimeMs,
      double dropIncrease,
      double dropDecrease,
      double decreaseRatio) {}

  /**
   * The throttle that requests pass.
   *
   * @param maxRequests 0 for no throttle
   * @param throttledOpWaitTimeMs from which wait on a request is refused as THROTTLEDOP, 0 for
   *     never
   */
  public record RequestThrottle(
      int maxRequests,
      int stallTimeMs,
      boolean dropStale,
      boolean staleLatencyCheck,
      boolean staleConnectionCheck,
      int throttledOpWaitTimeMs) {}

  /**
   * The transaction log and its group commit.
   *
   * @param preAllocKiB by how much a log file grows at a time
   * @param txnLogSizeLimitKiB at which size a log file is rolled, -1 for never
   * @param forceSync false is unsafe: nothing waits for the disk
   */
  public record Storage(
      long preAllocKiB,
      long txnLogSizeLimitKiB,
      boolean forceSync,
      long fsyncWarningThresholdMs,
      long flushDelayMs,
      long maxWriteQueuePollTimeMs,
      int maxBatchSize,
      boolean digestEnabled,
      int commitLogCount,
      double snapshotSizeFactor) {}

  /**
   * When and how snapshots are taken.
   *
   * @param snapCount transactions between two, never less than 2
   * @param snapSizeLimitKiB log bytes between two, 0 or less for no limit
   * @param trustEmpty whether logs without any snapshot are believed
   */
  public record Snapshots(
      int snapCount,
      long snapSizeLimitKiB,
      Compression compression,
      boolean trustEmpty,
      boolean serializeLastProcessedZxid) {}

  /** How a snapshot is packed; the file's name ends accordingly. */
  public enum Compression {
    NONE,
    GZIP,
    SNAPPY
  }

  /**
   * Removal of old snapshots and logs.
   *
   * @param intervalHours 0 for never
   */
  public record Purge(int snapRetainCount, int intervalHours) {}

  /** Behaviour that can be switched. */
  public record Features(
      boolean extendedTypesEnabled,
      boolean emulate353TtlNodes,
      boolean localSessionsEnabled,
      boolean localSessionsUpgradingEnabled,
      boolean closeSessionTxnEnabled,
      boolean enforceQuota,
      boolean skipAcl,
      boolean eagerAclCheck,
      boolean readOnlyModeEnabled,
      boolean auditEnabled,
      long initialZxid) {}

  /**
   * The background removal of container and TTL nodes.
   *
   * @param maxNeverUsedIntervalMs after which a container that never had a child goes, 0 for never
   */
  public record Containers(int checkIntervalMs, int maxPerMinute, long maxNeverUsedIntervalMs) {}

  /**
   * Who may come in and who is what.
   *
   * @param authSchemes schemes that the server knows: {@code ip} always, {@code digest} unless
   *     switched off, and what {@code authProvider.*} adds
   * @param superDigest {@code super:<hash>} of the user that passes every check
   * @param saslSection of the JAAS file
   * @param saslWanted whether a JAAS file or a section was asked for by name
   * @param enforcedAuthSchemes schemes of which a session must have one before it may do anything;
   *     empty for no such rule
   */
  public record Security(
      SortedSet<String> authSchemes,
      String digestAlgorithm,
      @Nullable String superDigest,
      @Nullable String x509SuperUser,
      String saslSection,
      boolean saslWanted,
      Set<String> saslSuperUsers,
      @Nullable Secret saslSuperPassword,
      @Nullable String letAnySaslUserDo,
      boolean allowSaslFailedClients,
      boolean sessionRequireClientSaslAuth,
      SortedSet<String> enforcedAuthSchemes,
      Set<String> ensembleAuthNames,
      Kerberos kerberos) {}

  /** How Kerberos principals become names. */
  public record Kerberos(
      boolean removeHostFromPrincipal,
      boolean removeRealmFromPrincipal,
      boolean canonicalizeHostNames,
      @Nullable String authToLocal) {}

  /**
   * TLS of one kind of port. Whether it is used at all is {@link Ports#secureClient} or {@link
   * QuorumSecurity#sslQuorum}.
   *
   * @param authProvider the scheme whose provider looks at the client's certificate
   * @param protocol null for the best that the JVM has
   * @param enabledProtocols empty for {@code protocol} alone
   * @param cipherSuites empty for the default list
   * @param portUnification TLS and plain on one port
   */
  public record Tls(
      Store keyStore,
      Store trustStore,
      @Nullable String protocol,
      List<String> enabledProtocols,
      List<String> cipherSuites,
      boolean hostnameVerification,
      boolean clientHostnameVerification,
      boolean allowReverseDnsLookup,
      boolean crl,
      boolean ocsp,
      ClientAuth clientAuth,
      String authProvider,
      boolean portUnification,
      boolean certReload,
      boolean fipsMode,
      int handshakeDetectionTimeoutMs) {

    /**
     * The same for a port to which people come: {@code value} is asked of them, and a certificate
     * need not be one of the host that it is shown from. Apache's AdminServer knows the two stores
     * and nothing of names.
     */
    public Tls forPeople(ClientAuth value) {
      return new Tls(
          keyStore,
          trustStore,
          protocol,
          enabledProtocols,
          cipherSuites,
          hostnameVerification,
          false,
          allowReverseDnsLookup,
          crl,
          ocsp,
          value,
          authProvider,
          portUnification,
          certReload,
          fipsMode,
          handshakeDetectionTimeoutMs);
    }
  }

  /**
   * A file of keys or trusted certificates. Of the two passwords the one in a file wins, as in
   * Apache.
   */
  public record Store(
      @Nullable Path location,
      @Nullable Secret password,
      @Nullable Path passwordPath,
      @Nullable StoreType type) {}

  /** What kind of file a store is; when not given, the name's ending tells. */
  public enum StoreType {
    JKS,
    PEM,
    PKCS12,
    BCFKS
  }

  /** Whether a TLS client must show a certificate. */
  public enum ClientAuth {
    NONE,
    WANT,
    NEED
  }

  /**
   * The HTTP port with the commands.
   *
   * @param portGiven whether somebody wants this port and no other; without that a port that is
   *     taken is no reason not to start
   */
  public record AdminServer(
      boolean enabled,
      String address,
      int port,
      boolean portGiven,
      int idleTimeoutMs,
      String commandUrl,
      boolean portUnification,
      boolean forceHttps,
      boolean needClientAuth,
      boolean snapshotEnabled,
      boolean restoreEnabled,
      int rateLimiterIntervalMs) {}

  /** Who gets the metrics beside the four-letter word. */
  public record Metrics(
      MetricsProvider provider, String httpHost, int httpPort, boolean exportJvmInfo) {}

  /** Apache's three providers. */
  public enum MetricsProvider {
    DEFAULT,
    PROMETHEUS,
    NONE
  }

  /** The servers around this one, and how they deal with each other. */
  public record Ensemble(
      SortedMap<Long, EnsembleServer> servers,
      SortedMap<Long, Set<Long>> groups,
      SortedMap<Long, Long> weights,
      @Nullable Path dynamicConfigFile,
      boolean standaloneEnabled,
      boolean reconfigEnabled,
      boolean observer,
      boolean leaderServes,
      boolean observerSyncEnabled,
      QuorumTiming timing,
      QuorumSockets sockets,
      QuorumSecurity security,
      @Nullable Path oraclePath) {

    /** Apache's rule: one voter is standalone when {@code standaloneEnabled}. */
    public boolean isDistributed() {
      long voters = servers.values().stream().filter(server -> !server.observer()).count();
      return !standaloneEnabled || voters > 1;
    }
  }

  /** One {@code server.N} line. */
  public record EnsembleServer(
      long id, List<QuorumAddress> addresses, boolean observer, @Nullable Listener client) {}

  /** One of the addresses at which the other servers reach a server. */
  public record QuorumAddress(String host, int quorumPort, int electionPort) {}

  /** Limits in ticks and milliseconds among servers. */
  public record QuorumTiming(
      int initLimitTicks,
      int syncLimitTicks,
      int connectToLearnerMasterLimitTicks,
      int maxTimeToWaitForEpochMs,
      int minNotificationIntervalMs,
      int maxNotificationIntervalMs,
      long observerReconnectDelayMs,
      long observerElectionDelayMs,
      int leaderConnectDelayDuringRetryMs) {}

  /** Sockets among servers. */
  public record QuorumSockets(
      int cnxTimeoutMs,
      int quorumCnxnTimeoutMs,
      int electionPortBindRetry,
      boolean listenOnAllIps,
      boolean multiAddressEnabled,
      boolean multiAddressReachabilityCheckEnabled,
      int multiAddressReachabilityCheckTimeoutMs,
      boolean tcpKeepAlive,
      int maxConcurrentSnapSyncs,
      int maxConcurrentDiffSyncs,
      int observerMasterSizeLimitBytes,
      boolean forceSnapshotSync) {}

  /** Trust among servers. */
  public record QuorumSecurity(
      boolean sslQuorum,
      Tls tls,
      boolean saslEnabled,
      boolean serverRequiresSasl,
      boolean learnerRequiresSasl,
      String learnerLoginContext,
      String serverLoginContext,
      String kerberosServicePrincipal) {}
}
