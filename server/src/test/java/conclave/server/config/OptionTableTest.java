package conclave.server.config;

import static conclave.server.config.OptionTableTest.Source.COMMAND_LINE;
import static conclave.server.config.OptionTableTest.Source.FILE;
import static conclave.server.config.OptionTableTest.Source.PROPERTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.server.config.ServerConfig.ClientAuth;
import conclave.server.config.ServerConfig.Compression;
import conclave.server.config.ServerConfig.MetricsProvider;
import conclave.server.config.ServerConfig.StoreType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every option once: its default, a valid value from every source that counts, and what is refused.
 */
class OptionTableTest {

  private static final String MINIMAL = "dataDir=/data\nclientPort=2181\n";

  enum Source {
    /** The file alone. */
    FILE,
    /** The file, or {@code -Dzookeeper.<key>}. */
    PROPERTY,
    /** {@code -D<key>} alone. */
    COMMAND_LINE
  }

  /**
   * One option.
   *
   * @param also lines that the option needs beside it
   * @param invalid null when every text is valid
   */
  record Row(
      Source source,
      String key,
      Object byDefault,
      String valid,
      Object expected,
      String invalid,
      Function<ServerConfig, Object> read,
      String also) {

    @Override
    public String toString() {
      return key;
    }
  }

  private static final List<Row> ROWS = new ArrayList<>();

  private static void row(
      Source source,
      String key,
      Object byDefault,
      String valid,
      Object expected,
      String invalid,
      Function<ServerConfig, Object> read) {
    ROWS.add(new Row(source, key, byDefault, valid, expected, invalid, read, ""));
  }

  private static void number(
      Source source,
      String key,
      long byDefault,
      String invalid,
      Function<ServerConfig, Object> read) {
    long other = byDefault + 1;
    ROWS.add(
        new Row(
            source,
            key,
            byDefault,
            Long.toString(other),
            other,
            invalid,
            c -> ((Number) read.apply(c)).longValue(),
            ""));
    row(
        source,
        key,
        byDefault,
        Long.toString(other),
        other,
        "1.5",
        c -> ((Number) read.apply(c)).longValue());
    row(
        source,
        key,
        byDefault,
        Long.toString(other),
        other,
        "",
        c -> ((Number) read.apply(c)).longValue());
  }

  private static void flag(
      Source source, String key, boolean byDefault, Function<ServerConfig, Object> read) {
    row(source, key, byDefault, byDefault ? "false" : "TRUE", !byDefault, "yes", read);
  }

  private static void text(
      Source source, String key, Object byDefault, Function<ServerConfig, Object> read) {
    row(source, key, byDefault, "some text", "some text", null, read);
  }

  static {
    row(
        FILE,
        "dataLogDir",
        Path.of("/data"),
        "/log",
        Path.of("/log"),
        "a\\u0000b",
        c -> c.directories().dataLogDir());
    flag(PROPERTY, "datadir.autocreate", true, c -> c.directories().dataDirAutocreate());
    flag(PROPERTY, "db.autocreate", true, c -> c.directories().dbAutocreate());
    row(
        FILE,
        "clientPortAddress",
        "none",
        "localhost",
        "localhost",
        null,
        c -> c.ports().client().host() == null ? "none" : c.ports().client().host());
    row(
        FILE,
        "secureClientPort",
        -1,
        "2281",
        2281,
        "65536",
        c -> c.ports().secureClient() == null ? -1 : c.ports().secureClient().port());
    number(FILE, "clientPortListenBacklog", -1, "-2", c -> c.ports().listenBacklog());
    number(FILE, "observerMasterPort", 0, "65536", c -> c.ports().observerMasterPort());

    number(FILE, "tickTime", 3000, "0", c -> c.timing().tickTimeMs());
    number(FILE, "minSessionTimeout", 6000, "-2", c -> c.timing().minSessionTimeoutMs());
    number(FILE, "maxSessionTimeout", 60_000, "5999", c -> c.timing().maxSessionTimeoutMs());

    number(FILE, "maxClientCnxns", 60, "-1", c -> c.limits().maxClientCnxns());
    number(PROPERTY, "maxCnxns", 0, "-1", c -> c.limits().maxCnxns());
    number(PROPERTY, "globalOutstandingLimit", 1000, "0", c -> c.limits().globalOutstandingLimit());
    number(COMMAND_LINE, "jute.maxbuffer", 1_048_575, "0", c -> c.limits().juteMaxBufferBytes());
    number(PROPERTY, "jute.maxbuffer.extrasize", 1_048_575, "-1", c -> c.limits().juteExtraBytes());
    number(
        PROPERTY, "largeRequestMaxBytes", 104_857_600, "0", c -> c.limits().largeRequestMaxBytes());
    number(
        PROPERTY, "largeRequestThreshold", -1, "-2", c -> c.limits().largeRequestThresholdBytes());
    number(
        PROPERTY,
        "nio.sessionlessCnxnTimeout",
        10_000,
        "0",
        c -> c.limits().sessionlessCnxnTimeoutMs());
    number(
        PROPERTY,
        "maxUnreadBytes",
        Runtime.getRuntime().maxMemory() / 4,
        "0",
        c -> c.limits().maxUnreadBytes());
    number(PROPERTY, "nio.numSelectorThreads", 0, "-1", c -> c.limits().selectorThreads());
    number(
        PROPERTY,
        "netty.server.outstandingHandshake.limit",
        -1,
        "-2",
        c -> c.limits().outstandingHandshakeLimit());
    flag(
        PROPERTY,
        "netty.server.earlyDropSecureConnectionHandshakes",
        false,
        c -> c.limits().earlyDropSecureConnectionHandshakes());
    flag(PROPERTY, "clientTcpKeepAlive", false, c -> c.limits().clientTcpKeepAlive());

    number(
        PROPERTY, "connection_throttle_tokens", 0, "-1", c -> c.connectionThrottle().maxTokens());
    number(
        PROPERTY,
        "connection_throttle_fill_time",
        1,
        "0",
        c -> c.connectionThrottle().tokenFillTimeMs());
    number(
        PROPERTY,
        "connection_throttle_fill_count",
        1,
        "-1",
        c -> c.connectionThrottle().tokenFillCount());
    number(
        PROPERTY,
        "connection_throttle_freeze_time",
        -1,
        "-2",
        c -> c.connectionThrottle().freezeTimeMs());
    row(
        PROPERTY,
        "connection_throttle_drop_increase",
        0.02,
        "0.5",
        0.5,
        "2",
        c -> c.connectionThrottle().dropIncrease());
    row(
        PROPERTY,
        "connection_throttle_drop_decrease",
        0.002,
        "1e-3",
        0.001,
        "x",
        c -> c.connectionThrottle().dropDecrease());
    row(
        PROPERTY,
        "connection_throttle_decrease_ratio",
        0.0,
        "1",
        1.0,
        "-1",
        c -> c.connectionThrottle().decreaseRatio());

    number(
        PROPERTY, "request_throttle_max_requests", 0, "-1", c -> c.requestThrottle().maxRequests());
    number(
        PROPERTY, "request_throttle_stall_time", 100, "-1", c -> c.requestThrottle().stallTimeMs());
    flag(PROPERTY, "request_throttle_drop_stale", true, c -> c.requestThrottle().dropStale());
    flag(
        PROPERTY,
        "request_stale_latency_check",
        false,
        c -> c.requestThrottle().staleLatencyCheck());
    flag(
        PROPERTY,
        "request_stale_connection_check",
        true,
        c -> c.requestThrottle().staleConnectionCheck());
    number(
        PROPERTY,
        "throttled_op_wait_time",
        0,
        "-1",
        c -> c.requestThrottle().throttledOpWaitTimeMs());

    number(PROPERTY, "preAllocSize", 65_536, "-1", c -> c.storage().preAllocKiB());
    number(PROPERTY, "txnLogSizeLimitInKb", -1, "-2", c -> c.storage().txnLogSizeLimitKiB());
    row(PROPERTY, "forceSync", true, "no", false, "false", c -> c.storage().forceSync());
    number(
        PROPERTY,
        "fsync.warningthresholdms",
        1000,
        "-1",
        c -> c.storage().fsyncWarningThresholdMs());
    row(
        COMMAND_LINE,
        "fsync.warningthresholdms",
        1000L,
        "20",
        20L,
        "x",
        c -> c.storage().fsyncWarningThresholdMs());
    number(PROPERTY, "flushDelay", 0, "-1", c -> c.storage().flushDelayMs());
    number(PROPERTY, "maxWriteQueuePollTime", 0, "-1", c -> c.storage().maxWriteQueuePollTimeMs());
    row(PROPERTY, "flushDelay", 0L, "30", 10L, "x", c -> c.storage().maxWriteQueuePollTimeMs());
    number(PROPERTY, "maxBatchSize", 1000, "-1", c -> c.storage().maxBatchSize());
    flag(PROPERTY, "digest.enabled", true, c -> c.storage().digestEnabled());
    number(PROPERTY, "commitLogCount", 500, "many", c -> c.storage().commitLogCount());
    row(
        PROPERTY,
        "snapshotSizeFactor",
        0.33,
        "-1",
        -1.0,
        "1.1",
        c -> c.storage().snapshotSizeFactor());

    number(PROPERTY, "snapCount", 100_000, "99999999999", c -> c.snapshots().snapCount());
    number(PROPERTY, "snapSizeLimitInKb", 4_194_304, "big", c -> c.snapshots().snapSizeLimitKiB());
    row(
        PROPERTY,
        "snapshot.compression.method",
        Compression.NONE,
        "GZ",
        Compression.GZIP,
        "zip",
        c -> c.snapshots().compression());
    row(
        PROPERTY,
        "snapshot.compression.method",
        Compression.NONE,
        "snappy",
        Compression.SNAPPY,
        "x",
        c -> c.snapshots().compression());
    flag(PROPERTY, "snapshot.trust.empty", false, c -> c.snapshots().trustEmpty());
    flag(
        PROPERTY,
        "serializeLastProcessedZxid.enabled",
        true,
        c -> c.snapshots().serializeLastProcessedZxid());
    number(FILE, "autopurge.snapRetainCount", 3, "few", c -> c.purge().snapRetainCount());
    number(FILE, "autopurge.purgeInterval", 0, "never", c -> c.purge().intervalHours());

    flag(PROPERTY, "extendedTypesEnabled", false, c -> c.features().extendedTypesEnabled());
    flag(PROPERTY, "emulate353TTLNodes", false, c -> c.features().emulate353TtlNodes());
    flag(FILE, "localSessionsEnabled", false, c -> c.features().localSessionsEnabled());
    flag(
        FILE,
        "localSessionsUpgradingEnabled",
        false,
        c -> c.features().localSessionsUpgradingEnabled());
    flag(PROPERTY, "closeSessionTxn.enabled", true, c -> c.features().closeSessionTxnEnabled());
    flag(PROPERTY, "enforceQuota", false, c -> c.features().enforceQuota());
    row(PROPERTY, "skipACL", false, "yes", true, "true", c -> c.features().skipAcl());
    flag(PROPERTY, "enableEagerACLCheck", false, c -> c.features().eagerAclCheck());
    flag(COMMAND_LINE, "readonlymode.enabled", false, c -> c.features().readOnlyModeEnabled());
    flag(PROPERTY, "audit.enable", false, c -> c.features().auditEnabled());
    number(PROPERTY, "testingonly.initialZxid", -1, "-2", c -> c.features().initialZxid());
    number(
        COMMAND_LINE,
        "znode.container.checkIntervalMs",
        60_000,
        "0",
        c -> c.containers().checkIntervalMs());
    number(
        COMMAND_LINE,
        "znode.container.maxPerMinute",
        10_000,
        "0",
        c -> c.containers().maxPerMinute());
    number(
        COMMAND_LINE,
        "znode.container.maxNeverUsedIntervalMs",
        0,
        "-1",
        c -> c.containers().maxNeverUsedIntervalMs());

    row(
        PROPERTY,
        "DigestAuthenticationProvider.enabled",
        Set.of("ip", "digest"),
        "false",
        Set.of("ip"),
        "no",
        c -> Set.copyOf(c.security().authSchemes()));
    row(
        PROPERTY,
        "DigestAuthenticationProvider.digestAlg",
        "SHA1",
        "SHA-256",
        "SHA-256",
        "ROT13",
        c -> c.security().digestAlgorithm());
    text(
        PROPERTY,
        "DigestAuthenticationProvider.superDigest",
        "-",
        c -> orDash(c.security().superDigest()));
    text(
        PROPERTY,
        "X509AuthenticationProvider.superUser",
        "-",
        c -> orDash(c.security().x509SuperUser()));
    row(
        PROPERTY,
        "superUser",
        Set.of(),
        "ann",
        Set.of("ann"),
        null,
        c -> c.security().saslSuperUsers());
    row(
        PROPERTY,
        "superUser.1",
        Set.of(),
        "bob",
        Set.of("bob"),
        null,
        c -> c.security().saslSuperUsers());
    row(
        PROPERTY,
        "SASLAuthenticationProvider.superPassword",
        "-",
        "secret",
        "secret",
        null,
        c -> secret(c.security().saslSuperPassword()));
    text(PROPERTY, "sasl.serverconfig", "Server", c -> c.security().saslSection());
    text(PROPERTY, "letAnySaslUserDoX", "-", c -> orDash(c.security().letAnySaslUserDo()));
    flag(PROPERTY, "allowSaslFailedClients", false, c -> c.security().allowSaslFailedClients());
    row(
        PROPERTY,
        "ensembleAuthName",
        Set.of(),
        "a, b",
        Set.of("a", "b"),
        null,
        c -> c.security().ensembleAuthNames());
    flag(
        PROPERTY,
        "kerberos.removeHostFromPrincipal",
        false,
        c -> c.security().kerberos().removeHostFromPrincipal());
    flag(
        PROPERTY,
        "kerberos.removeRealmFromPrincipal",
        false,
        c -> c.security().kerberos().removeRealmFromPrincipal());
    flag(
        PROPERTY,
        "kerberos.canonicalizeHostNames",
        false,
        c -> c.security().kerberos().canonicalizeHostNames());
    text(
        PROPERTY,
        "security.auth_to_local",
        "-",
        c -> orDash(c.security().kerberos().authToLocal()));
    ROWS.add(
        new Row(
            PROPERTY,
            "sessionRequireClientSASLAuth",
            false,
            "true",
            true,
            "1",
            c -> c.security().sessionRequireClientSaslAuth(),
            "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider\n"));
    ROWS.add(
        new Row(
            PROPERTY,
            "enforce.auth.enabled",
            Set.of(),
            "true",
            Set.of("digest"),
            "on",
            c -> Set.copyOf(c.security().enforcedAuthSchemes()),
            "enforce.auth.schemes=digest\n"));
    ROWS.add(
        new Row(
            PROPERTY,
            "enforce.auth.schemes",
            Set.of("ip"),
            "digest,ip",
            Set.of("digest", "ip"),
            "nosuch",
            c -> Set.copyOf(c.security().enforcedAuthSchemes()),
            ""));
    row(
        PROPERTY,
        "authProvider.anything",
        Set.of("ip", "digest"),
        "org.apache.zookeeper.server.auth.X509AuthenticationProvider",
        Set.of("ip", "digest", "x509"),
        "com.example.Mine",
        c -> Set.copyOf(c.security().authSchemes()));

    tls("ssl.", false, c -> c.clientTls());
    tls("ssl.quorum.", true, c -> c.ensemble().security().tls());
    flag(PROPERTY, "client.portUnification", false, c -> c.clientTls().portUnification());
    flag(PROPERTY, "client.certReload", false, c -> c.clientTls().certReload());
    flag(FILE, "portUnification", false, c -> c.ensemble().security().tls().portUnification());
    flag(FILE, "sslQuorumReloadCertFiles", false, c -> c.ensemble().security().tls().certReload());
    flag(PROPERTY, "fips-mode", true, c -> c.clientTls().fipsMode());
    row(
        PROPERTY,
        "ssl.authProvider",
        "x509",
        "x509",
        "x509",
        null,
        c -> c.clientTls().authProvider());

    row(
        PROPERTY,
        "4lw.commands.whitelist",
        Set.of("srvr"),
        "ruok, stat",
        Set.of("ruok", "stat", "srvr"),
        null,
        c -> Set.copyOf(c.enabledWords()));
    flag(PROPERTY, "admin.enableServer", true, c -> c.adminServer().enabled());
    text(PROPERTY, "admin.serverAddress", "0.0.0.0", c -> c.adminServer().address());
    number(PROPERTY, "admin.serverPort", 8080, "65536", c -> c.adminServer().port());
    number(PROPERTY, "admin.idleTimeout", 30_000, "-1", c -> c.adminServer().idleTimeoutMs());
    text(PROPERTY, "admin.commandURL", "/commands", c -> c.adminServer().commandUrl());
    flag(PROPERTY, "admin.portUnification", false, c -> c.adminServer().portUnification());
    flag(PROPERTY, "admin.forceHttps", false, c -> c.adminServer().forceHttps());
    flag(PROPERTY, "admin.needClientAuth", false, c -> c.adminServer().needClientAuth());
    flag(PROPERTY, "admin.snapshot.enabled", true, c -> c.adminServer().snapshotEnabled());
    flag(PROPERTY, "admin.restore.enabled", true, c -> c.adminServer().restoreEnabled());
    number(
        PROPERTY,
        "admin.rateLimiterIntervalInMS",
        300_000,
        "-1",
        c -> c.adminServer().rateLimiterIntervalMs());
    row(
        FILE,
        "metricsProvider.className",
        MetricsProvider.DEFAULT,
        "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider",
        MetricsProvider.PROMETHEUS,
        "com.example.Mine",
        c -> c.metrics().provider());
    text(FILE, "metricsProvider.httpHost", "0.0.0.0", c -> c.metrics().httpHost());
    number(FILE, "metricsProvider.httpPort", 7000, "65536", c -> c.metrics().httpPort());
    flag(FILE, "metricsProvider.exportJvmInfo", true, c -> c.metrics().exportJvmInfo());
    row(
        PROPERTY,
        "serverCnxnFactory",
        "",
        "org.apache.zookeeper.server.NettyServerCnxnFactory",
        "",
        "Mine",
        c -> "");
    row(
        PROPERTY,
        "serverCnxnFactory",
        "",
        "org.apache.zookeeper.server.NIOServerCnxnFactory",
        "",
        "Mine",
        c -> "");
    row(
        PROPERTY,
        "audit.impl.class",
        "",
        "org.apache.zookeeper.audit.Slf4jAuditLogger",
        "",
        "Mine",
        c -> "");

    number(FILE, "initLimit", 0, "-1", c -> c.ensemble().timing().initLimitTicks());
    number(FILE, "syncLimit", 0, "-1", c -> c.ensemble().timing().syncLimitTicks());
    number(
        FILE,
        "connectToLearnerMasterLimit",
        0,
        "-1",
        c -> c.ensemble().timing().connectToLearnerMasterLimitTicks());
    row(
        FILE,
        "initLimit",
        0,
        "10",
        10,
        "x",
        c -> c.ensemble().timing().connectToLearnerMasterLimitTicks());
    row(FILE, "electionAlg", "", "3", "", "0", c -> "");
    row(FILE, "peerType", false, "Observer", true, "leader", c -> c.ensemble().observer());
    row(PROPERTY, "leaderServes", true, "no", false, "false", c -> c.ensemble().leaderServes());
    flag(FILE, "syncEnabled", true, c -> c.ensemble().observerSyncEnabled());
    flag(PROPERTY, "observer.syncEnabled", true, c -> c.ensemble().observerSyncEnabled());
    flag(FILE, "reconfigEnabled", false, c -> c.ensemble().reconfigEnabled());
    row(
        FILE,
        "standaloneEnabled",
        true,
        "True",
        true,
        "false",
        c -> c.ensemble().standaloneEnabled());
    row(
        FILE,
        "oraclePath",
        "-",
        "/o",
        "/o",
        "a\\u0000b",
        c -> c.ensemble().oraclePath() == null ? "-" : c.ensemble().oraclePath().toString());
    number(
        PROPERTY,
        "leader.maxTimeToWaitForEpoch",
        -1,
        "-2",
        c -> c.ensemble().timing().maxTimeToWaitForEpochMs());
    number(
        PROPERTY,
        "fastleader.minNotificationInterval",
        200,
        "0",
        c -> c.ensemble().timing().minNotificationIntervalMs());
    number(
        PROPERTY,
        "fastleader.maxNotificationInterval",
        60_000,
        "0",
        c -> c.ensemble().timing().maxNotificationIntervalMs());
    number(
        PROPERTY,
        "observer.reconnectDelayMs",
        0,
        "-1",
        c -> c.ensemble().timing().observerReconnectDelayMs());
    number(
        PROPERTY,
        "observer.election.DelayMs",
        200,
        "-1",
        c -> c.ensemble().timing().observerElectionDelayMs());
    number(
        PROPERTY,
        "leaderConnectDelayDuringRetryMs",
        100,
        "-1",
        c -> c.ensemble().timing().leaderConnectDelayDuringRetryMs());
    number(PROPERTY, "cnxTimeout", 5000, "0", c -> c.ensemble().sockets().cnxTimeoutMs());
    number(
        PROPERTY,
        "quorumCnxnTimeoutMs",
        -1,
        "-2",
        c -> c.ensemble().sockets().quorumCnxnTimeoutMs());
    number(
        PROPERTY,
        "electionPortBindRetry",
        3,
        "-1",
        c -> c.ensemble().sockets().electionPortBindRetry());
    flag(FILE, "quorumListenOnAllIPs", false, c -> c.ensemble().sockets().listenOnAllIps());
    flag(
        PROPERTY, "multiAddress.enabled", false, c -> c.ensemble().sockets().multiAddressEnabled());
    flag(
        PROPERTY,
        "multiAddress.reachabilityCheckEnabled",
        true,
        c -> c.ensemble().sockets().multiAddressReachabilityCheckEnabled());
    number(
        PROPERTY,
        "multiAddress.reachabilityCheckTimeoutMs",
        1000,
        "0",
        c -> c.ensemble().sockets().multiAddressReachabilityCheckTimeoutMs());
    flag(PROPERTY, "tcpKeepAlive", false, c -> c.ensemble().sockets().tcpKeepAlive());
    number(
        PROPERTY,
        "leader.maxConcurrentSnapSyncs",
        10,
        "0",
        c -> c.ensemble().sockets().maxConcurrentSnapSyncs());
    number(
        PROPERTY,
        "leader.maxConcurrentDiffSyncs",
        100,
        "0",
        c -> c.ensemble().sockets().maxConcurrentDiffSyncs());
    number(
        PROPERTY,
        "observerMaster.sizeLimit",
        33_554_432,
        "0",
        c -> c.ensemble().sockets().observerMasterSizeLimitBytes());
    flag(PROPERTY, "forceSnapshotSync", false, c -> c.ensemble().sockets().forceSnapshotSync());
    flag(FILE, "sslQuorum", false, c -> c.ensemble().security().sslQuorum());
    flag(FILE, "quorum.auth.enableSasl", false, c -> c.ensemble().security().saslEnabled());
    ROWS.add(
        new Row(
            FILE,
            "quorum.auth.learnerRequireSasl",
            false,
            "true",
            true,
            "x",
            c -> c.ensemble().security().learnerRequiresSasl(),
            "quorum.auth.enableSasl=true\n"));
    ROWS.add(
        new Row(
            FILE,
            "quorum.auth.serverRequireSasl",
            false,
            "true",
            true,
            "x",
            c -> c.ensemble().security().serverRequiresSasl(),
            "quorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true\n"));
    text(
        FILE,
        "quorum.auth.learner.saslLoginContext",
        "QuorumLearner",
        c -> c.ensemble().security().learnerLoginContext());
    text(
        FILE,
        "quorum.auth.server.saslLoginContext",
        "QuorumServer",
        c -> c.ensemble().security().serverLoginContext());
    text(
        FILE,
        "quorum.auth.kerberos.servicePrincipal",
        "zkquorum/localhost",
        c -> c.ensemble().security().kerberosServicePrincipal());
  }

  private static void tls(
      String prefix, boolean quorum, Function<ServerConfig, ServerConfig.Tls> tls) {
    for (String store : List.of("keyStore", "trustStore")) {
      Function<ServerConfig, ServerConfig.Store> read =
          c -> store.equals("keyStore") ? tls.apply(c).keyStore() : tls.apply(c).trustStore();
      row(
          PROPERTY,
          prefix + store + ".location",
          "-",
          "/k.jks",
          "/k.jks",
          "a\\u0000b",
          c -> read.apply(c).location() == null ? "-" : read.apply(c).location().toString());
      row(
          PROPERTY,
          prefix + store + ".password",
          "-",
          "secret",
          "secret",
          null,
          c -> secret(read.apply(c).password()));
      row(
          PROPERTY,
          prefix + store + ".passwordPath",
          "-",
          "/p",
          "/p",
          "a\\u0000b",
          c ->
              read.apply(c).passwordPath() == null ? "-" : read.apply(c).passwordPath().toString());
      row(
          PROPERTY,
          prefix + store + ".type",
          "-",
          "pkcs12",
          StoreType.PKCS12,
          "zip",
          c -> read.apply(c).type() == null ? "-" : read.apply(c).type());
    }
    text(PROPERTY, prefix + "protocol", "-", c -> orDash(tls.apply(c).protocol()));
    row(
        PROPERTY,
        prefix + "enabledProtocols",
        List.of(),
        "a,b",
        List.of("a", "b"),
        null,
        c -> tls.apply(c).enabledProtocols());
    row(
        PROPERTY,
        prefix + "ciphersuites",
        List.of(),
        "a,b",
        List.of("a", "b"),
        null,
        c -> tls.apply(c).cipherSuites());
    row(PROPERTY, prefix + "context.supplier.class", "", "", "", "com.example.Mine", c -> "");
    flag(PROPERTY, prefix + "hostnameVerification", true, c -> tls.apply(c).hostnameVerification());
    flag(
        PROPERTY,
        prefix + "clientHostnameVerification",
        quorum,
        c -> tls.apply(c).clientHostnameVerification());
    flag(
        PROPERTY,
        prefix + "allowReverseDnsLookup",
        quorum,
        c -> tls.apply(c).allowReverseDnsLookup());
    flag(PROPERTY, prefix + "crl", false, c -> tls.apply(c).crl());
    flag(PROPERTY, prefix + "ocsp", false, c -> tls.apply(c).ocsp());
    row(
        PROPERTY,
        prefix + "clientAuth",
        ClientAuth.NEED,
        "want",
        ClientAuth.WANT,
        "maybe",
        c -> tls.apply(c).clientAuth());
    number(
        PROPERTY,
        prefix + "handshakeDetectionTimeoutMillis",
        5000,
        "0",
        c -> tls.apply(c).handshakeDetectionTimeoutMs());
  }

  private static Object orDash(String text) {
    return text == null ? "-" : text;
  }

  private static Object secret(Secret secret) {
    return secret == null ? "-" : secret.text();
  }

  static Stream<Row> rows() {
    return ROWS.stream();
  }

  private static ServerConfig parse(Row row, String value) throws ConfigException {
    return ZooCfg.parse(MINIMAL + row.also() + row.key() + "=" + value + "\n", Map.of());
  }

  private static ServerConfig parseProperty(Row row, String value) throws ConfigException {
    String name = row.source() == COMMAND_LINE ? row.key() : "zookeeper." + row.key();
    return ZooCfg.parse(MINIMAL + row.also(), Map.of(name, value));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void defaults(Row row) throws ConfigException {
    if (row.key().equals("enforce.auth.schemes")) {
      // It has a meaning only beside its switch, which the row of the switch shows.
      return;
    }
    assertThat(row.read().apply(ZooCfg.parse(MINIMAL + row.also(), Map.of())))
        .isEqualTo(row.byDefault());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void validFromTheFile(Row row) throws ConfigException {
    Row complete = withSwitch(row);
    ServerConfig config = parse(complete, row.valid());

    if (row.source() == COMMAND_LINE && !row.key().equals("fsync.warningthresholdms")) {
      assertThat(row.read().apply(config)).isEqualTo(row.byDefault());
      assertThat(config.warnings()).singleElement().asString().contains("-D" + row.key());
    } else {
      assertThat(row.read().apply(config)).isEqualTo(row.expected());
      assertThat(config.warnings())
          .allMatch(warning -> warning.startsWith("not in this version: "));
      assertThat(config.extraProperties()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void validFromTheCommandLine(Row row) throws ConfigException {
    ServerConfig config = parseProperty(withSwitch(row), row.valid());

    Object expected = row.source() == FILE ? row.byDefault() : row.expected();
    assertThat(row.read().apply(config)).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void invalidIsRefusedWithItsPlace(Row row) {
    if (row.invalid() == null) {
      return;
    }
    Row complete = withSwitch(row);
    if (row.source() != COMMAND_LINE) {
      assertThatThrownBy(() -> parse(complete, row.invalid()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(saysWhere(row) ? row.key() + "=" : row.key().substring(0, 4));
    }
    if (row.source() != FILE) {
      String value = row.invalid().replace("\\u0000", "\0");
      assertThatThrownBy(() -> parseProperty(complete, value)).isInstanceOf(ConfigException.class);
    }
  }

  /** Rules between options name the options, not one line. */
  private static boolean saysWhere(Row row) {
    return !Set.of("maxSessionTimeout", "enforce.auth.schemes", "standaloneEnabled")
            .contains(row.key())
        || row.invalid().equals("1.5")
        || row.invalid().isEmpty();
  }

  private static Row withSwitch(Row row) {
    if (!row.key().equals("enforce.auth.schemes")) {
      return row;
    }
    return new Row(
        row.source(),
        row.key(),
        row.byDefault(),
        row.valid(),
        row.expected(),
        row.invalid(),
        row.read(),
        "enforce.auth.enabled=true\n");
  }

  @Test
  void smallNumbersAreRaisedWithAWarning() throws ConfigException {
    ServerConfig config =
        ZooCfg.parse(
            MINIMAL + "snapCount=1\nautopurge.snapRetainCount=0\ncommitLogCount=10\n", Map.of());

    assertThat(config.snapshots().snapCount()).isEqualTo(2);
    assertThat(config.purge().snapRetainCount()).isEqualTo(3);
    assertThat(config.storage().commitLogCount()).isEqualTo(500);
    assertThat(config.warnings())
        .hasSize(3)
        .allSatisfy(warning -> assertThat(warning).contains("too small"));
  }

  @Test
  void propertiesAreDecodedAndTheFilesOwnSettingsAreDecimal() throws ConfigException {
    ServerConfig config = ZooCfg.parse("dataDir=/d\nclientPort=010\nsnapCount=0x10\n", Map.of());

    assertThat(config.ports().client().port()).isEqualTo(10);
    assertThat(config.snapshots().snapCount()).isEqualTo(16);
  }

  @Test
  void smallExtraSizeIsRaised() throws ConfigException {
    assertThat(
            ZooCfg.parse(MINIMAL + "jute.maxbuffer.extrasize=5\n", Map.of())
                .limits()
                .juteExtraBytes())
        .isEqualTo(1024);
  }

  @Test
  void settingsOfPartsThatAreNotHereAreTakenInSilence() throws ConfigException {
    StringBuilder text = new StringBuilder(MINIMAL);
    KnownNames.WITHOUT_EFFECT.forEach(key -> text.append(key).append("=5\n"));
    ServerConfig config =
        ZooCfg.parse(
            text + "pathStats.enabled=true\nmetricsProvider.numWorkerThreads=3\n", Map.of());

    assertThat(config.warnings()).isEmpty();
    assertThat(config.extraProperties()).isEmpty();
  }

  @Test
  void serverPortsOfTlsNeedTheirOwnAddressKeys() throws ConfigException {
    ServerConfig config =
        ZooCfg.parse(
            "dataDir=/d\nsecureClientPort=5\nsecureClientPortAddress=localhost\n", Map.of());

    assertThat(config.ports().client()).isNull();
    assertThat(config.ports().secureClient()).isEqualTo(new ServerConfig.Listener("localhost", 5));
  }

  @Test
  void whatThisVersionDoesNotDoIsNamed() throws ConfigException {
    for (String line :
        List.of(
            "emulate353TTLNodes=true",
            "reconfigEnabled=true",
            "observerMasterPort=2191",
            "oraclePath=/o")) {
      assertThat(ZooCfg.parse(MINIMAL + line + "\n", Map.of()).warnings())
          .singleElement()
          .asString()
          .startsWith("not in this version: " + line.substring(0, line.indexOf('=')));
    }
  }
}
