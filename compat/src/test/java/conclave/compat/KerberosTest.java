package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.SaslOptions;
import conclave.protocol.ClientInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.spi.LoginModule;
import org.apache.kerby.kerberos.kerb.KrbException;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Proving who one is by Kerberos, beside a key distribution centre in this process. */
@Timeout(300)
final class KerberosTest extends OneServer {
  private static final String REALM = "CONCLAVE.TEST";
  private static final String KRB5 = "java.security.krb5.conf";
  private static final Kdc KDC = Kdc.start();

  private final AtomicInteger knocks = new AtomicInteger();
  private volatile CompletableFuture<Void> door = CompletableFuture.completedFuture(null);
  private @Nullable Configuration before;
  private @Nullable String krb5Before;

  /** The centre, the keys of a service and of a user, and where both are found. */
  private record Kdc(SimpleKdcServer server, Path home) {
    static Kdc start() {
      try {
        Path home = Files.createTempDirectory("conclave-kdc");
        int port = ServerProcess.freePort();
        SimpleKdcServer server = new SimpleKdcServer();
        server.setWorkDir(home.toFile());
        server.setKdcRealm(REALM);
        server.setKdcHost("127.0.0.1");
        server.setAllowUdp(false);
        server.setKdcTcpPort(port);
        server.init();
        server.start();
        server.createAndExportPrincipals(
            home.resolve("keys").toFile(), "zookeeper/localhost@" + REALM, "ann@" + REALM);
        Files.writeString(
            home.resolve("conclave-krb5.conf"),
            "[libdefaults]\n default_realm = %s\n udp_preference_limit = 1\n[realms]\n %s = {\n  kdc = 127.0.0.1:%d\n }\n"
                .formatted(REALM, REALM, port));
        Files.writeString(
            home.resolve("server.jaas"),
            """
            Server {
              com.sun.security.auth.module.Krb5LoginModule required
              useKeyTab=true keyTab="%s" storeKey=true useTicketCache=false
              principal="zookeeper/localhost@%s";
            };
            """
                .formatted(home.resolve("keys"), REALM));
        return new Kdc(server, home);
      } catch (KrbException e) {
        throw new IllegalStateException(e);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String file(String name) {
      return home.resolve(name).toString();
    }
  }

  KerberosTest() {
    super(kerberos());
  }

  private static ServerSpec kerberos() {
    return ServerSpec.standard()
        .with("authProvider.1", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
        .property(KRB5, KDC.file("conclave-krb5.conf"))
        .property("java.security.auth.login.config", KDC.file("server.jaas"));
  }

  @AfterAll
  static void stopKdc() throws Exception {
    KDC.server().stop();
    try (Stream<Path> files = Files.walk(KDC.home())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The section of the clients, and where the centre is, for this JVM. */
  @BeforeEach
  void login() {
    try {
      before = Configuration.getConfiguration();
    } catch (SecurityException none) {
      before = null;
    }
    krb5Before = System.getProperty(KRB5);
    System.setProperty(KRB5, KDC.file("conclave-krb5.conf"));
    Configuration.setConfiguration(new Ann(this));
  }

  @AfterEach
  void logout() {
    door.complete(null);
    Configuration.setConfiguration(before);
    if (krb5Before == null) {
      System.clearProperty(KRB5);
    } else {
      System.setProperty(KRB5, krb5Before);
    }
  }

  /** What a login waits for before it asks the centre, as for one that is slow itself. */
  public static final class Door implements LoginModule {
    private @Nullable KerberosTest test;

    @Override
    public void initialize(
        Subject subject, CallbackHandler handler, Map<String, ?> state, Map<String, ?> options) {
      test = (KerberosTest) options.get("test");
    }

    @Override
    public boolean login() {
      test.knocks.incrementAndGet();
      test.door.join();
      return true;
    }

    @Override
    public boolean commit() {
      return true;
    }

    @Override
    public boolean abort() {
      return true;
    }

    @Override
    public boolean logout() {
      return true;
    }
  }

  private static final class Ann extends Configuration {
    private final KerberosTest test;

    private Ann(KerberosTest test) {
      this.test = test;
    }

    @Override
    public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String name) {
      if (!name.equals("Client")) {
        return null;
      }
      Map<String, String> options =
          Map.of(
              "useKeyTab", "true",
              "keyTab", KDC.file("keys"),
              "storeKey", "true",
              "useTicketCache", "false",
              "refreshKrb5Config", "true",
              "principal", "ann@" + REALM);
      return new AppConfigurationEntry[] {
        new AppConfigurationEntry(
            Door.class.getName(), LoginModuleControlFlag.REQUIRED, Map.of("test", test)),
        new AppConfigurationEntry(
            "com.sun.security.auth.module.Krb5LoginModule",
            LoginModuleControlFlag.REQUIRED,
            options)
      };
    }
  }

  private static ZooKeeper official(ServerProcess to) throws Exception {
    ZKClientConfig config = new ZKClientConfig();
    config.setProperty("zookeeper.server.principal", "zookeeper/localhost");
    CountDownLatch authenticated = new CountDownLatch(1);
    ZooKeeper client =
        new ZooKeeper(
            to.connectString(),
            10_000,
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.SaslAuthenticated) {
                authenticated.countDown();
              }
            },
            config);
    assertThat(authenticated.await(60, TimeUnit.SECONDS)).isTrue();
    return client;
  }

  private static ConclaveClient ours(ServerProcess to) {
    return ConclaveClient.connect(
            to.connectString(),
            ClientOptions.defaults()
                .withSessionTimeoutMs(30_000)
                .withSasl(new SaslOptions.Kerberos("Client", "zookeeper", "localhost")))
        .join();
  }

  @Test
  void theOfficialClientShowsItsTicket() throws Exception {
    try (ZooKeeper client = official(server)) {
      client.create(root + "/a", new byte[0], ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
      assertThat(client.getACL(root + "/a", null).get(0).getId().getId()).isEqualTo("ann@" + REALM);
      assertThat(session().call(Requests.getData(root + "/a", false)).err()).isEqualTo(-102);
      try (ConclaveClient ann = ours(server)) {
        assertThat(ann.getData(root + "/a").join().orThrow().data()).isEmpty();
      }
    }
  }

  @Test
  void soDoesOurs() {
    try (ConclaveClient ann = ours(server)) {
      assertThat(ann.whoAmI().join()).contains(new ClientInfo("sasl", "ann@" + REALM));
    }
  }

  /** What is asked for meanwhile keeps its order and its deadlines. */
  @Test
  void aCentreThatTakesItsTimeKeepsOnlyTheLoginWaiting() throws Exception {
    try (ServerProcess other = ServerProcess.start(target, kerberos());
        ConclaveClient ann = ours(other)) {
      door = new CompletableFuture<>();
      int before = knocks.get();
      other.kill();
      other.restart();
      Ensemble.await("the login has begun", () -> knocks.get() > before);
      ConclaveClient patient = ann.within(Duration.ofMinutes(4));
      CompletableFuture<?> made =
          patient.create("/made", "1".getBytes(UTF_8), conclave.protocol.CreateMode.PERSISTENT);
      try {
        CompletableFuture<?> brief = ann.within(Duration.ofMillis(100)).getData("/");
        assertThatThrownBy(() -> brief.get(60, TimeUnit.SECONDS))
            .hasMessageContaining("was not sent");
        assertThat(made).isNotDone();
      } finally {
        door.complete(null);
      }
      CompletableFuture<?> changed =
          patient.setData("/made", "2".getBytes(UTF_8), ConclaveClient.ANY_VERSION);
      assertThat(patient.getData("/made").get(240, TimeUnit.SECONDS).orThrow().data())
          .asString(UTF_8)
          .isEqualTo("2");
      assertThat(made).isCompleted();
      assertThat(changed).isCompleted();
      assertThat(ann.whoAmI().join()).contains(new ClientInfo("sasl", "ann@" + REALM));
    }
  }

  @Test
  void whoAsksForAnotherServiceHasNoTicketForThisOne() {
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(5000)
            .withSasl(new SaslOptions.Kerberos("Client", "nosuchservice", "localhost"));
    assertThatThrownBy(() -> ConclaveClient.connect(server.connectString(), options).join())
        .hasMessageContaining("AUTH_FAILED");
  }

  @Test
  void theRealmNeedNotBeAPartOfTheName() throws Exception {
    ServerSpec spec = kerberos().property("zookeeper.kerberos.removeRealmFromPrincipal", "true");
    try (ServerProcess other = ServerProcess.start(target, spec);
        ConclaveClient ann = ours(other)) {
      assertThat(ann.whoAmI().join()).contains(new ClientInfo("sasl", "ann"));
    }
  }
}
