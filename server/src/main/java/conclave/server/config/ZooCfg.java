package conclave.server.config;

import conclave.server.config.ServerConfig.AdminServer;
import conclave.server.config.ServerConfig.ClientAuth;
import conclave.server.config.ServerConfig.Compression;
import conclave.server.config.ServerConfig.ConnectionThrottle;
import conclave.server.config.ServerConfig.Containers;
import conclave.server.config.ServerConfig.Directories;
import conclave.server.config.ServerConfig.Ensemble;
import conclave.server.config.ServerConfig.EnsembleServer;
import conclave.server.config.ServerConfig.Features;
import conclave.server.config.ServerConfig.Kerberos;
import conclave.server.config.ServerConfig.Limits;
import conclave.server.config.ServerConfig.Listener;
import conclave.server.config.ServerConfig.Metrics;
import conclave.server.config.ServerConfig.MetricsProvider;
import conclave.server.config.ServerConfig.Ports;
import conclave.server.config.ServerConfig.Purge;
import conclave.server.config.ServerConfig.QuorumSecurity;
import conclave.server.config.ServerConfig.QuorumSockets;
import conclave.server.config.ServerConfig.QuorumTiming;
import conclave.server.config.ServerConfig.RequestThrottle;
import conclave.server.config.ServerConfig.Security;
import conclave.server.config.ServerConfig.Snapshots;
import conclave.server.config.ServerConfig.Storage;
import conclave.server.config.ServerConfig.Store;
import conclave.server.config.ServerConfig.StoreType;
import conclave.server.config.ServerConfig.Timing;
import conclave.server.config.ServerConfig.Tls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads {@code zoo.cfg} into a {@link ServerConfig}, or refuses it with all that is wrong. */
public final class ZooCfg {

  private static final int NOT_GIVEN = -1;
  private static final int MIN_SNAP_RETAIN_COUNT = 3;
  private static final int MAX_TICKS_TIME_MS = Integer.MAX_VALUE / 20;

  private final @Nullable Path file;
  private final Options options;
  private final List<String> problems;
  private final List<String> warnings;

  private ZooCfg(
      @Nullable Path file, Options options, List<String> problems, List<String> warnings) {
    this.file = file;
    this.options = options;
    this.problems = problems;
    this.warnings = warnings;
  }

  /**
   * Reads a file.
   *
   * @param systemProperties the JVM's properties, of which those count that count in Apache
   * @throws ConfigException when the file cannot be read, or anything in it or in the properties is
   *     wrong
   */
  public static ServerConfig load(Path file, Map<String, String> systemProperties)
      throws ConfigException {
    try {
      // Properties files are Latin-1; anything else is written with \\u escapes.
      return parse(file, Files.readString(file, StandardCharsets.ISO_8859_1), systemProperties);
    } catch (IOException e) {
      throw new ConfigException(file.toString(), List.of("the file cannot be read: " + e));
    }
  }

  /** Takes the text of a file that does not exist, for tools and tests. */
  public static ServerConfig parse(String text, Map<String, String> systemProperties)
      throws ConfigException {
    return parse(null, text, systemProperties);
  }

  static ServerConfig embeddedDefault(Path dataDir, int clientPort) {
    try {
      return embeddedDefault(dataDir, clientPort, Map.of());
    } catch (ConfigException e) {
      throw new IllegalArgumentException("dataDir=" + dataDir + " clientPort=" + clientPort, e);
    }
  }

  /** A start without a file; properties of the command line count. */
  public static ServerConfig embeddedDefault(
      Path dataDir, int clientPort, Map<String, String> systemProperties) throws ConfigException {
    List<PropertiesText.Entry> entries =
        List.of(
            new PropertiesText.Entry(1, "dataDir", dataDir.toString()),
            new PropertiesText.Entry(2, "clientPort", Integer.toString(clientPort)),
            new PropertiesText.Entry(3, "tickTime", "2000"));
    return parse(null, "the embedded default", entries, systemProperties, new ArrayList<>());
  }

  private static ServerConfig parse(
      @Nullable Path file, String text, Map<String, String> systemProperties)
      throws ConfigException {
    Path fileName = file == null ? null : file.getFileName();
    String name = fileName == null ? "the configuration" : fileName.toString();
    PropertiesText properties = PropertiesText.parse(name, text);
    return parse(
        file, name, properties.entries(), systemProperties, new ArrayList<>(properties.problems()));
  }

  private static ServerConfig parse(
      @Nullable Path file,
      String name,
      List<PropertiesText.Entry> entries,
      Map<String, String> systemProperties,
      List<String> problems)
      throws ConfigException {
    List<String> warnings = new ArrayList<>();
    Options options = new Options(name, entries, systemProperties, problems, warnings);
    ServerConfig config = new ZooCfg(file, options, problems, warnings).read();
    if (config == null || !problems.isEmpty()) {
      throw new ConfigException(file == null ? name : file.toString(), problems);
    }
    return config;
  }

  private @Nullable ServerConfig read() {
    Setting dataDirSetting = options.inFile("dataDir");
    Path dataDir = dataDirSetting.path();
    long serverId = dataDir == null ? NOT_GIVEN : myId(dataDir);
    Directories directories =
        dataDir == null ? null : directories(dataDirSetting, dataDir, serverId);
    Timing timing = timing();
    Limits limits = limits();
    ConnectionThrottle connectionThrottle = connectionThrottle();
    RequestThrottle requestThrottle = requestThrottle();
    Storage storage = storage();
    Snapshots snapshots = snapshots();
    Purge purge = purge();
    Features features = features();
    Containers containers = containers();
    Tls clientTls = tls("ssl.", false);
    AdminServer adminServer = adminServer();
    Metrics metrics = metrics();
    Ensemble ensemble = ensemble(serverId);
    Ports ports = ports(ensemble, serverId);
    Security security = security(ports, clientTls);
    SortedSet<String> words = words(features);
    acceptFactoryNames();
    SortedMap<String, String> extra = extraProperties();
    if (directories == null) {
      if (!dataDirSetting.isGiven() || dataDirSetting.text("").isEmpty()) {
        options.problem(
            "dataDir is missing: give the directory of snapshots, and of logs unless dataLogDir is given");
      }
      return null;
    }
    ServerConfig config =
        new ServerConfig(
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
            words,
            adminServer,
            metrics,
            ensemble,
            extra,
            List.of());
    warnings.addAll(NotInThisVersion.warnings(config));
    return config.withWarnings(warnings);
  }

  private Directories directories(Setting dataDirSetting, Path dataDir, long serverId) {
    Setting logSetting = options.inFile("dataLogDir");
    Path logDir = logSetting.path();
    warnIfRelative(dataDirSetting, dataDir);
    if (logDir != null) {
      warnIfRelative(logSetting, logDir);
    }
    return new Directories(
        dataDir,
        logDir == null ? dataDir : logDir,
        options.property("datadir.autocreate").flag(true),
        options.property("db.autocreate").flag(true),
        serverId);
  }

  private void warnIfRelative(Setting setting, Path path) {
    if (!path.isAbsolute() && !setting.text("").startsWith("./") && file != null) {
      options.warn(
          setting,
          "is relative to the directory in which the server is started; write ./ in front to say so");
    }
  }

  /**
   * A standalone server needs no {@code myid}, except to find its client port in a {@code server.N}
   * line.
   */
  private long myId(Path dataDir) {
    Path myId = dataDir.resolve("myid");
    if (!Files.isRegularFile(myId)) {
      return NOT_GIVEN;
    }
    try {
      List<String> lines = Files.readAllLines(myId, StandardCharsets.ISO_8859_1);
      return Long.parseLong(lines.isEmpty() ? "" : lines.get(0));
    } catch (NumberFormatException e) {
      problems.add(myId + ": the first line must be this server's number and nothing else");
    } catch (IOException e) {
      problems.add(myId + ": the file cannot be read: " + e);
    }
    return NOT_GIVEN;
  }

  private Ports ports(Ensemble ensemble, long serverId) {
    int before = problems.size();
    Listener client = listener("clientPort", "clientPortAddress");
    Listener secure = listener("secureClientPort", "secureClientPortAddress");
    EnsembleServer self = ensemble.servers().get(serverId);
    Listener own = self == null ? null : self.client();
    if (own != null) {
      if (client != null && !agrees(client, own)) {
        options.problem(
            "clientPort "
                + show(client)
                + " differs from the client address "
                + show(own)
                + " of server."
                + serverId
                + "; give it in one of the two places");
      }
      client = own;
    }
    if (client == null && secure == null && problems.size() == before) {
      options.problem(
          "neither clientPort nor secureClientPort is given: clients could not connect");
    }
    return new Ports(
        client,
        secure,
        options.inFile("clientPortListenBacklog").integer(-1, -1),
        options.inFile("observerMasterPort").integer(0, 0, 65535));
  }

  private @Nullable Listener listener(String portKey, String addressKey) {
    Setting port = options.inFile(portKey);
    Setting address = options.inFile(addressKey);
    if (!port.isGiven()) {
      if (address.isGiven()) {
        address.refuse("give " + portKey + " as well, or leave this out");
      }
      return null;
    }
    return new Listener(address.textOrNull(), port.integer(0, 0, 65535));
  }

  private static boolean agrees(Listener fromFile, Listener fromServerLine) {
    boolean anyHost = fromFile.host() == null || fromFile.host().equals("0.0.0.0");
    return fromFile.port() == fromServerLine.port()
        && (anyHost || String.valueOf(fromFile.host()).equals(fromServerLine.host()));
  }

  private static String show(Listener listener) {
    return (listener.host() == null ? "*" : listener.host()) + ":" + listener.port();
  }

  private Timing timing() {
    int tickMs = options.inFile("tickTime").integer(3000, 1, MAX_TICKS_TIME_MS);
    Setting min = options.inFile("minSessionTimeout");
    int minMs = min.integer(NOT_GIVEN, NOT_GIVEN);
    int maxMs = options.inFile("maxSessionTimeout").integer(NOT_GIVEN, NOT_GIVEN);
    Timing timing =
        new Timing(
            tickMs,
            minMs == NOT_GIVEN ? 2 * tickMs : minMs,
            maxMs == NOT_GIVEN ? 20 * tickMs : maxMs);
    if (timing.minSessionTimeoutMs() > timing.maxSessionTimeoutMs()) {
      options.problem(
          "minSessionTimeout "
              + timing.minSessionTimeoutMs()
              + " is larger than maxSessionTimeout "
              + timing.maxSessionTimeoutMs());
    }
    return timing;
  }

  private Limits limits() {
    int juteMaxBuffer = options.onCommandLine("jute.maxbuffer").integer(0xfffff, 1);
    // Apache raises an extra size below 1024 to it.
    int extra =
        Math.max(1024, options.property("jute.maxbuffer.extrasize").integer(juteMaxBuffer, 0));
    return new Limits(
        options.inFile("maxClientCnxns").integer(60, 0),
        options.property("maxCnxns").integer(0, 0),
        options.property("globalOutstandingLimit").integer(1000, 1),
        juteMaxBuffer,
        extra,
        options.property("largeRequestMaxBytes").integer(100 * 1024 * 1024, 1),
        options.property("largeRequestThreshold").integer(-1, -1),
        options.property("nio.sessionlessCnxnTimeout").integer(10_000, 1),
        options.property("nio.numSelectorThreads").integer(0, 0),
        options.property("netty.server.outstandingHandshake.limit").integer(-1, -1),
        options.property("netty.server.earlyDropSecureConnectionHandshakes").flag(false),
        options.property("clientTcpKeepAlive").flag(false),
        options
            .property("maxUnreadBytes")
            .whole(Runtime.getRuntime().maxMemory() / 4, 1, Long.MAX_VALUE));
  }

  private ConnectionThrottle connectionThrottle() {
    return new ConnectionThrottle(
        options.property("connection_throttle_tokens").integer(0, 0),
        options.property("connection_throttle_fill_time").integer(1, 1),
        options.property("connection_throttle_fill_count").integer(1, 0),
        options.property("connection_throttle_freeze_time").integer(-1, -1),
        options.property("connection_throttle_drop_increase").fraction(0.02, 0, 1),
        options.property("connection_throttle_drop_decrease").fraction(0.002, 0, 1),
        options.property("connection_throttle_decrease_ratio").fraction(0, 0, 1));
  }

  private RequestThrottle requestThrottle() {
    return new RequestThrottle(
        options.property("request_throttle_max_requests").integer(0, 0),
        options.property("request_throttle_stall_time").integer(100, 0),
        options.property("request_throttle_drop_stale").flag(true),
        options.property("request_stale_latency_check").flag(false),
        options.property("request_stale_connection_check").flag(true),
        options.property("throttled_op_wait_time").integer(0, 0));
  }

  private Storage storage() {
    long flushDelayMs = options.property("flushDelay").whole(0, 0, Long.MAX_VALUE);
    Setting fsyncWarning =
        Options.either(
            options.property("fsync.warningthresholdms"),
            options.onCommandLine("fsync.warningthresholdms"));
    return new Storage(
        options.property("preAllocSize").decimal().whole(65_536, 0, Integer.MAX_VALUE),
        options.property("txnLogSizeLimitInKb").whole(-1, -1, Long.MAX_VALUE / 1024),
        options.property("forceSync").yesNo(true),
        fsyncWarning.whole(1000, 0, Long.MAX_VALUE),
        flushDelayMs,
        options.property("maxWriteQueuePollTime").whole(flushDelayMs / 3, 0, Long.MAX_VALUE),
        options.property("maxBatchSize").integer(1000, 0),
        options.property("digest.enabled").flag(true),
        atLeast(options.property("commitLogCount").decimal(), 500, 500),
        options.property("snapshotSizeFactor").fraction(0.33, -1, 1));
  }

  private Snapshots snapshots() {
    return new Snapshots(
        atLeast(options.property("snapCount"), 100_000, 2),
        options
            .property("snapSizeLimitInKb")
            .whole(4_194_304, Long.MIN_VALUE / 1024, Long.MAX_VALUE / 1024),
        options
            .property("snapshot.compression.method")
            .choice(
                Compression.NONE,
                Map.of("", Compression.NONE, "gz", Compression.GZIP, "snappy", Compression.SNAPPY),
                "give gz or snappy, or leave it empty for none"),
        options.property("snapshot.trust.empty").flag(false),
        options.property("serializeLastProcessedZxid.enabled").flag(true));
  }

  private Purge purge() {
    return new Purge(
        atLeast(
            options.inFile("autopurge.snapRetainCount"),
            MIN_SNAP_RETAIN_COUNT,
            MIN_SNAP_RETAIN_COUNT),
        Math.max(0, options.inFile("autopurge.purgeInterval").integer(0, Integer.MIN_VALUE)));
  }

  /** A few small numbers are raised, with a warning, instead of being refused: Apache does so. */
  private int atLeast(Setting setting, int byDefault, int least) {
    int value = setting.integer(byDefault, Integer.MIN_VALUE);
    if (value < least) {
      options.warn(setting, "is too small, " + least + " is taken");
      return least;
    }
    return value;
  }

  private Features features() {
    return new Features(
        options.property("extendedTypesEnabled").flag(false),
        options.property("emulate353TTLNodes").flag(false),
        options.inFile("localSessionsEnabled").flag(false),
        options.inFile("localSessionsUpgradingEnabled").flag(false),
        options.property("closeSessionTxn.enabled").flag(true),
        options.property("enforceQuota").flag(false),
        options.property("skipACL").yesNo(false),
        options.property("enableEagerACLCheck").flag(false),
        options.onCommandLine("readonlymode.enabled").flag(false),
        options.property("audit.enable").flag(false),
        options.property("testingonly.initialZxid").whole(-1, -1, Long.MAX_VALUE));
  }

  private Containers containers() {
    return new Containers(
        options.onCommandLine("znode.container.checkIntervalMs").integer(60_000, 1),
        options.onCommandLine("znode.container.maxPerMinute").integer(10_000, 1),
        options
            .onCommandLine("znode.container.maxNeverUsedIntervalMs")
            .whole(0, 0, Long.MAX_VALUE));
  }

  private Security security(Ports ports, Tls clientTls) {
    boolean saslRequired = options.property("sessionRequireClientSASLAuth").flag(false);
    SortedSet<String> schemes = authSchemes(ports, clientTls);
    String algorithm = options.property("DigestAuthenticationProvider.digestAlg").text("SHA1");
    checkDigestAlgorithm(algorithm);
    Set<String> saslSuperUsers = new LinkedHashSet<>();
    options
        .propertiesStarting("superUser")
        .forEach((rest, user) -> saslSuperUsers.add(user.text("")));
    Setting section = options.property("sasl.serverconfig");
    return new Security(
        schemes,
        algorithm,
        options.property("DigestAuthenticationProvider.superDigest").textOrNull(),
        options.property("X509AuthenticationProvider.superUser").textOrNull(),
        section.text("Server"),
        section.isGiven() || options.onCommandLine("java.security.auth.login.config").isGiven(),
        Collections.unmodifiableSet(saslSuperUsers),
        options.property("SASLAuthenticationProvider.superPassword").secret(),
        options.property("letAnySaslUserDoX").textOrNull(),
        options.property("allowSaslFailedClients").flag(false),
        saslRequired,
        enforcedSchemes(saslRequired, schemes),
        Set.copyOf(options.property("ensembleAuthName").list()),
        new Kerberos(
            options.property("kerberos.removeHostFromPrincipal").flag(false),
            options.property("kerberos.removeRealmFromPrincipal").flag(false),
            options.property("kerberos.canonicalizeHostNames").flag(false),
            options.property("security.auth_to_local").textOrNull()));
  }

  private void checkDigestAlgorithm(String algorithm) {
    try {
      MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      options
          .property("DigestAuthenticationProvider.digestAlg")
          .refuse("give a digest that this JVM has, such as SHA1 or SHA-256");
    }
  }

  private SortedSet<String> authSchemes(Ports ports, Tls clientTls) {
    SortedSet<String> schemes = new TreeSet<>();
    schemes.add("ip");
    if (options.property("DigestAuthenticationProvider.enabled").flag(true)) {
      schemes.add("digest");
    }
    SortedMap<String, Setting> providers = options.propertiesStarting("authProvider.");
    providers.forEach(
        (name, className) -> {
          String scheme =
              className.name(
                  "",
                  ApacheClasses.AUTH_PROVIDERS,
                  ApacheClasses.allowed(ApacheClasses.AUTH_PROVIDERS));
          if (!scheme.isEmpty()) {
            schemes.add(scheme);
          }
        });
    // A TLS port without any provider named for it gets the one for certificates, as in Apache.
    boolean tlsIsUsed = ports.secureClient() != null || clientTls.portUnification();
    if (tlsIsUsed && !providers.containsKey(clientTls.authProvider())) {
      if (clientTls.authProvider().equals("x509")) {
        schemes.add("x509");
      } else {
        options
            .property("ssl.authProvider")
            .refuse("give a scheme that has an authProvider.<scheme>, or leave it out for x509");
      }
    }
    return Collections.unmodifiableSortedSet(schemes);
  }

  private SortedSet<String> enforcedSchemes(boolean saslRequired, Set<String> known) {
    boolean enforced = options.property("enforce.auth.enabled").flag(false);
    Setting setting = options.property("enforce.auth.schemes");
    SortedSet<String> schemes = new TreeSet<>();
    if (saslRequired) {
      schemes.add("sasl");
    } else if (enforced) {
      schemes.addAll(setting.list());
      if (schemes.isEmpty()) {
        options.problem(
            "enforce.auth.enabled=true needs enforce.auth.schemes: give at least one scheme");
      }
    }
    for (String scheme : schemes) {
      if (!known.contains(scheme)) {
        options.problem(
            (saslRequired ? "sessionRequireClientSASLAuth" : "enforce.auth.schemes")
                + ": sessions must authenticate by "
                + scheme
                + ", but this server has no such scheme; it has "
                + known
                + ", and authProvider.* adds others");
      }
    }
    return Collections.unmodifiableSortedSet(schemes);
  }

  private Tls tls(String prefix, boolean quorum) {
    Setting fips = options.property("fips-mode");
    Setting supplier = options.property(prefix + "context.supplier.class");
    if (supplier.textOrNull() != null) {
      supplier.refuse(
          "this server makes its own TLS contexts; leave it out and use the other "
              + prefix
              + "* settings");
    }
    boolean verify = options.property(prefix + "hostnameVerification").flag(true);
    return new Tls(
        store(prefix + "keyStore."),
        store(prefix + "trustStore."),
        options.property(prefix + "protocol").textOrNull(),
        options.property(prefix + "enabledProtocols").list(),
        options.property(prefix + "ciphersuites").list(),
        verify,
        options.property(prefix + "clientHostnameVerification").flag(quorum) && verify,
        options.property(prefix + "allowReverseDnsLookup").flag(quorum),
        options.property(prefix + "crl").flag(false),
        options.property(prefix + "ocsp").flag(false),
        options
            .property(prefix + "clientAuth")
            .choice(
                ClientAuth.NEED,
                Map.of(
                    "",
                    ClientAuth.NEED,
                    "none",
                    ClientAuth.NONE,
                    "want",
                    ClientAuth.WANT,
                    "need",
                    ClientAuth.NEED),
                "give none, want or need"),
        quorum ? "x509" : options.property("ssl.authProvider").text("x509"),
        quorum
            ? options.inFile("portUnification").flag(false)
            : options.property("client.portUnification").flag(false),
        quorum
            ? options.inFile("sslQuorumReloadCertFiles").flag(false)
            : options.property("client.certReload").flag(false),
        fips.flag(true),
        options.property(prefix + "handshakeDetectionTimeoutMillis").integer(5000, 1));
  }

  private Store store(String prefix) {
    return new Store(
        options.property(prefix + "location").path(),
        options.property(prefix + "password").secret(),
        options.property(prefix + "passwordPath").path(),
        storeType(options.property(prefix + "type")));
  }

  private static @Nullable StoreType storeType(Setting setting) {
    if (setting.textOrNull() == null) {
      return null;
    }
    return setting.choice(
        StoreType.JKS,
        Map.of(
            "jks",
            StoreType.JKS,
            "pem",
            StoreType.PEM,
            "pkcs12",
            StoreType.PKCS12,
            "bcfks",
            StoreType.BCFKS),
        "give JKS, PEM, PKCS12 or BCFKS, or leave it out when the file's name ends in .jks, .pem, .p12 or .bcfks");
  }

  private SortedSet<String> words(Features features) {
    Setting setting = options.property("4lw.commands.whitelist");
    SortedSet<String> enabled = new TreeSet<>();
    for (String word : setting.list()) {
      if (word.equals("*")) {
        enabled.addAll(Words.ALL);
        break;
      }
      if (!Words.ALL.contains(word)) {
        options.warn(
            setting, word + " is not a word that this server knows; it knows " + Words.ALL);
      }
      enabled.add(word);
    }
    if (features.readOnlyModeEnabled()) {
      enabled.add("isro");
    }
    enabled.add("srvr");
    return Collections.unmodifiableSortedSet(enabled);
  }

  private AdminServer adminServer() {
    Setting port = options.property("admin.serverPort");
    return new AdminServer(
        options.property("admin.enableServer").flag(true),
        options.property("admin.serverAddress").text("0.0.0.0"),
        port.integer(8080, 0, 65535),
        port.isGiven(),
        options.property("admin.idleTimeout").integer(30_000, 0),
        options.property("admin.commandURL").text("/commands"),
        options.property("admin.portUnification").flag(false),
        options.property("admin.forceHttps").flag(false),
        options.property("admin.needClientAuth").flag(false),
        options.property("admin.snapshot.enabled").flag(true),
        options.property("admin.restore.enabled").flag(true),
        options.property("admin.rateLimiterIntervalInMS").decimal().integer(300_000, 0));
  }

  private Metrics metrics() {
    MetricsProvider provider =
        options
            .inFile("metricsProvider.className")
            .name(
                MetricsProvider.DEFAULT,
                ApacheClasses.METRICS_PROVIDERS,
                ApacheClasses.allowed(ApacheClasses.METRICS_PROVIDERS));
    Metrics metrics =
        new Metrics(
            provider,
            options.inFile("metricsProvider.httpHost").text("0.0.0.0"),
            options.inFile("metricsProvider.httpPort").integer(7000, 0, 65535),
            options.inFile("metricsProvider.exportJvmInfo").flag(true));
    // Everything else below metricsProvider. goes to the provider; it never becomes a property.
    options.inFileStarting("metricsProvider.");
    return metrics;
  }

  private void acceptFactoryNames() {
    options
        .property("serverCnxnFactory")
        .name(
            "",
            ApacheClasses.CONNECTION_FACTORIES,
            ApacheClasses.allowed(ApacheClasses.CONNECTION_FACTORIES));
    options
        .property("audit.impl.class")
        .name("", ApacheClasses.AUDIT_LOGGERS, ApacheClasses.allowed(ApacheClasses.AUDIT_LOGGERS));
  }

  private Ensemble ensemble(long serverId) {
    options
        .inFile("electionAlg")
        .choice("3", Map.of("3", "3"), "only 3, fast leader election, exists");
    boolean multiAddress = options.property("multiAddress.enabled").flag(false);
    Path dynamicFile = options.inFile("dynamicConfigFile").path();
    EnsembleLines lines = EnsembleLines.read(options, multiAddress);
    if (dynamicFile != null) {
      if (!lines.servers.isEmpty() || !lines.groups.isEmpty() || !lines.weights.isEmpty()) {
        options.problem(
            "with dynamicConfigFile, all server, group and weight lines belong in " + dynamicFile);
      }
      lines = dynamicLines(dynamicFile, multiAddress);
    }
    boolean peerTypeObserver =
        options
            .inFile("peerType")
            .choice(
                false,
                Map.of("observer", true, "participant", false),
                "give participant or observer");
    EnsembleServer self = lines.servers.get(serverId);
    Ensemble ensemble =
        new Ensemble(
            Collections.unmodifiableSortedMap(lines.servers),
            Collections.unmodifiableSortedMap(lines.groups),
            Collections.unmodifiableSortedMap(lines.weights),
            dynamicFile,
            options.inFile("standaloneEnabled").flag(true),
            options.inFile("reconfigEnabled").flag(false),
            self == null ? peerTypeObserver : self.observer(),
            options.property("leaderServes").yesNo(true),
            syncEnabled(),
            quorumTiming(),
            quorumSockets(multiAddress),
            quorumSecurity(),
            options.inFile("oraclePath").path());
    checkEnsemble(ensemble, serverId);
    return ensemble;
  }

  private boolean syncEnabled() {
    boolean inFile = options.inFile("syncEnabled").flag(true);
    // The longer name is looked at later in Apache, and so replaces the shorter.
    return options.property("observer.syncEnabled").flag(inFile);
  }

  private EnsembleLines dynamicLines(Path dynamicFile, boolean multiAddress) {
    String name = String.valueOf(dynamicFile.getFileName());
    String text;
    try {
      text = Files.readString(dynamicFile, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      options.inFile("dynamicConfigFile").refuse("give a file that can be read (" + e + ")");
      return new EnsembleLines();
    }
    PropertiesText properties = PropertiesText.parse(name, text);
    problems.addAll(properties.problems());
    Options dynamic = new Options(name, properties.entries(), Map.of(), problems, warnings);
    if (dynamic.inFile("version").isGiven()) {
      dynamic.inFile("version").refuse("the version of a dynamic file is in its name");
    }
    EnsembleLines lines = EnsembleLines.read(dynamic, multiAddress);
    for (PropertiesText.Entry entry : dynamic.unknown()) {
      problems.add(
          name
              + ":"
              + entry.line()
              + ": "
              + entry.key()
              + " does not belong here: only server, group and weight lines do");
    }
    return lines;
  }

  private void checkEnsemble(Ensemble ensemble, long serverId) {
    long voters = ensemble.servers().values().stream().filter(server -> !server.observer()).count();
    if (voters == 0 && (!ensemble.standaloneEnabled() || !ensemble.servers().isEmpty())) {
      options.problem(
          "there is no server.N line of a participant, but "
              + (ensemble.standaloneEnabled() ? "there are observers" : "standaloneEnabled=false"));
    } else if (voters == 1 && ensemble.standaloneEnabled() && ensemble.servers().size() > 1) {
      options.problem(
          "observers need a quorum, but there is only one participant and standaloneEnabled=true");
    } else if (ensemble.isDistributed()) {
      checkDistributed(ensemble, serverId);
    }
  }

  private void checkDistributed(Ensemble ensemble, long serverId) {
    if (ensemble.timing().initLimitTicks() == 0) {
      options.problem("initLimit is missing: an ensemble needs it (in ticks, for example 10)");
    }
    if (ensemble.timing().syncLimitTicks() == 0) {
      options.problem("syncLimit is missing: an ensemble needs it (in ticks, for example 5)");
    }
    if (serverId == NOT_GIVEN) {
      options.problem(
          "the file myid is missing in dataDir: it tells which of the server.N lines is this server");
    }
  }

  private QuorumTiming quorumTiming() {
    int initLimit = options.inFile("initLimit").integer(0, 0);
    int connect = options.inFile("connectToLearnerMasterLimit").integer(0, 0);
    return new QuorumTiming(
        initLimit,
        options.inFile("syncLimit").integer(0, 0),
        connect == 0 ? initLimit : connect,
        options.property("leader.maxTimeToWaitForEpoch").integer(-1, -1),
        options.property("fastleader.minNotificationInterval").integer(200, 1),
        options.property("fastleader.maxNotificationInterval").integer(60_000, 1),
        options.property("observer.reconnectDelayMs").whole(0, 0, Long.MAX_VALUE),
        options.property("observer.election.DelayMs").whole(200, 0, Long.MAX_VALUE),
        options.property("leaderConnectDelayDuringRetryMs").integer(100, 0));
  }

  private QuorumSockets quorumSockets(boolean multiAddress) {
    return new QuorumSockets(
        options.property("cnxTimeout").integer(5000, 1),
        options.property("quorumCnxnTimeoutMs").integer(-1, -1),
        options.property("electionPortBindRetry").integer(3, 0),
        options.inFile("quorumListenOnAllIPs").flag(false),
        multiAddress,
        options.property("multiAddress.reachabilityCheckEnabled").flag(true),
        options.property("multiAddress.reachabilityCheckTimeoutMs").decimal().integer(1000, 1),
        options.property("tcpKeepAlive").flag(false),
        options.property("leader.maxConcurrentSnapSyncs").integer(10, 1),
        options.property("leader.maxConcurrentDiffSyncs").integer(100, 1),
        options.property("observerMaster.sizeLimit").integer(32 * 1024 * 1024, 1),
        options.property("forceSnapshotSync").flag(false));
  }

  private QuorumSecurity quorumSecurity() {
    boolean enabled = options.inFile("quorum.auth.enableSasl").flag(false);
    boolean serverRequires = options.inFile("quorum.auth.serverRequireSasl").flag(false);
    boolean learnerRequires = options.inFile("quorum.auth.learnerRequireSasl").flag(false);
    if (!enabled && (serverRequires || learnerRequires)) {
      options.problem(
          "quorum.auth.serverRequireSasl and learnerRequireSasl need quorum.auth.enableSasl=true");
    } else if (serverRequires && !learnerRequires) {
      options.problem("quorum.auth.serverRequireSasl needs quorum.auth.learnerRequireSasl=true");
    }
    return new QuorumSecurity(
        options.inFile("sslQuorum").flag(false),
        tls("ssl.quorum.", true),
        enabled,
        serverRequires,
        learnerRequires,
        options.inFile("quorum.auth.learner.saslLoginContext").text("QuorumLearner"),
        options.inFile("quorum.auth.server.saslLoginContext").text("QuorumServer"),
        options.inFile("quorum.auth.kerberos.servicePrincipal").text("zkquorum/localhost"));
  }

  private SortedMap<String, String> extraProperties() {
    options.ignore(KnownNames.WITHOUT_EFFECT);
    KnownNames.GROUPS_WITHOUT_EFFECT.forEach(options::inFileStarting);
    SortedMap<String, String> extra = new TreeMap<>();
    for (PropertiesText.Entry entry : options.unknown()) {
      extra.put(Options.PREFIX + entry.key(), entry.value());
      String hint = KnownNames.hint(entry.key());
      options.warnAtLine(
          entry.line(),
          entry.key()
              + " is not a setting of this server"
              + (hint == null
                  ? "; it is kept as the property " + Options.PREFIX + entry.key()
                  : ": " + hint));
    }
    return Collections.unmodifiableSortedMap(extra);
  }
}
