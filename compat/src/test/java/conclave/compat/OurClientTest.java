package conclave.compat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import conclave.client.BlockingClient;
import conclave.client.Cache;
import conclave.client.Children;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.client.RefusedException;
import conclave.client.SaslOptions;
import conclave.client.SessionEndedException;
import conclave.client.SessionState;
import conclave.client.TlsOptions;
import conclave.client.TransactionOutcome;
import conclave.client.WatchEvent;
import conclave.client.WatchMode;
import conclave.client.Watched;
import conclave.protocol.Acl;
import conclave.protocol.ClientInfo;
import conclave.protocol.CreateMode;
import conclave.protocol.ErrorCode;
import conclave.protocol.EventType;
import conclave.protocol.Id;
import conclave.protocol.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Conclave's own client, which is to find the same behind it whoever made the server. */
@Timeout(300)
final class OurClientTest extends OneServer {
  private static final char[] STORE_PASSWORD = "change-it".toCharArray();
  private static final Path KEY_STORE = selfSigned();
  private static final Path TRUST_STORE = trusting(KEY_STORE);
  private static final int SECURE_PORT = ServerProcess.freePort();
  private static final List<Acl> NOBODYS =
      List.of(new Acl(Acl.ALL, new Id("digest", "nobody:AAAAAAAAAAAAAAAAAAAAAAAAAAA=")));

  private ConclaveClient client;
  private BlockingClient blocking;

  OurClientTest() {
    super(
        ServerSpec.full()
            .with("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory")
            .with("secureClientPort", String.valueOf(SECURE_PORT))
            .with("ssl.keyStore.location", KEY_STORE.toString())
            .with("ssl.keyStore.password", new String(STORE_PASSWORD))
            .with("ssl.trustStore.location", TRUST_STORE.toString())
            .with("ssl.trustStore.password", new String(STORE_PASSWORD))
            .with("ssl.clientAuth", "none")
            .with("authProvider.1", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
            .property("zookeeper.fips-mode", "false")
            .property("java.security.auth.login.config", jaasFile().toString()));
  }

  @BeforeEach
  void connect() {
    client =
        ConclaveClient.connect(
                server.connectString() + root,
                ClientOptions.defaults().withSessionTimeoutMs(30_000))
            .join();
    blocking = client.blocking();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  @Test
  void everyKindOfZnodeIsMadeReadChangedAndDeleted() {
    for (CreateMode mode : CreateMode.values()) {
      String path = "/" + mode;
      Created made =
          mode.isTtl()
              ? client.createWithTtl(path, new byte[] {1}, mode, Acl.OPEN, 60_000).join().orThrow()
              : blocking.create(path, new byte[] {1}, mode);
      assertThat(made.path())
          .startsWith(path)
          .hasSize(path.length() + (mode.isSequential() ? 10 : 0));
      Node node = blocking.getData(made.path());
      assertThat(node.data()).containsExactly(1);
      assertThat(node.stat()).isEqualTo(made.stat());
      Stat changed = blocking.setData(made.path(), null, 0);
      assertThat(changed.version()).isEqualTo(1);
      assertThat(blocking.exists(made.path())).contains(changed);
      blocking.delete(made.path(), 1);
      assertThat(blocking.find(made.path())).isEmpty();
    }
  }

  @Test
  void whatTheTreeStandsAgainstIsAnOutcome() {
    blocking.create("/a", null, CreateMode.PERSISTENT);
    blocking.create("/a/b", null, CreateMode.PERSISTENT);
    blocking.create("/e", null, CreateMode.EPHEMERAL);
    assertThat(client.getData("/none").join().was(Refusal.NO_NODE)).isTrue();
    assertThat(client.create("/a", null, CreateMode.PERSISTENT).join().refusal())
        .isEqualTo(Refusal.NODE_EXISTS);
    assertThat(client.create("/none/b", null, CreateMode.PERSISTENT).join().refusal())
        .isEqualTo(Refusal.NO_NODE);
    assertThat(client.create("/e/b", null, CreateMode.PERSISTENT).join().refusal())
        .isEqualTo(Refusal.NO_CHILDREN_FOR_EPHEMERALS);
    assertThat(client.setData("/a", null, 7).join().refusal()).isEqualTo(Refusal.BAD_VERSION);
    assertThat(client.delete("/a", -1).join().refusal()).isEqualTo(Refusal.NOT_EMPTY);
    assertThat(client.getChildren("/none").join().refusal()).isEqualTo(Refusal.NO_NODE);
    assertThat(client.getAcl("/none").join().refusal()).isEqualTo(Refusal.NO_NODE);
    assertThatThrownBy(() -> blocking.getData("/none"))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.error()).isEqualTo(ErrorCode.NO_NODE));
  }

  @Test
  void whatNoCallerExpectsIsAnException() {
    blocking.create("/hidden", null, CreateMode.PERSISTENT, NOBODYS);
    assertThatThrownBy(() -> blocking.getData("/hidden"))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.error()).isEqualTo(ErrorCode.NO_AUTH));
    assertThatThrownBy(() -> blocking.create("/x", null, CreateMode.PERSISTENT, List.of()))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.error()).isEqualTo(ErrorCode.INVALID_ACL));
  }

  @Test
  void aTransactionIsAllOrNothing() {
    List<TransactionOutcome.Result> results =
        client
            .transaction()
            .create("/t", null, CreateMode.PERSISTENT)
            .create("/t/s-", null, CreateMode.PERSISTENT_SEQUENTIAL)
            .setData("/t", new byte[] {2}, 0)
            .check("/t", 1)
            .commit()
            .join()
            .orThrow();
    assertThat(results.get(1).path()).isEqualTo("/t/s-0000000000");
    assertThat(results.get(2).stat()).isNotNull();
    TransactionOutcome refused =
        client
            .transaction()
            .create("/u", null, CreateMode.PERSISTENT)
            .delete("/t", -1)
            .commit()
            .join();
    assertThat(refused)
        .isInstanceOfSatisfying(
            TransactionOutcome.RolledBack.class,
            rolledBack -> {
              assertThat(rolledBack.index()).isEqualTo(1);
              assertThat(rolledBack.path()).isEqualTo("/t");
              assertThat(rolledBack.because(Refusal.NOT_EMPTY)).isTrue();
            });
    assertThat(blocking.exists("/u")).isEmpty();
  }

  @Test
  void aBatchOfReadsIsAnsweredTogether() {
    blocking.create("/r", new byte[] {3}, CreateMode.PERSISTENT);
    blocking.create("/r/c", null, CreateMode.PERSISTENT);
    var batch = client.readBatch();
    var data = batch.getData("/r");
    var children = batch.getChildren("/r");
    var missing = batch.getData("/none");
    batch.send().join();
    assertThat(data.join().orThrow().data()).containsExactly(3);
    assertThat(children.join().orThrow()).containsExactly("c");
    assertThat(missing.join().was(Refusal.NO_NODE)).isTrue();
  }

  @Test
  void watchesFireOnceOrStay() throws Exception {
    Watched<Optional<Stat>> missing = client.existsAndWatch("/w").join();
    Outcome<Watched<Children>> children = client.getChildrenAndWatch("/").join();
    BlockingQueue<WatchEvent> stays = new LinkedBlockingQueue<>();
    var registration = client.addWatch("/", WatchMode.PERSISTENT_RECURSIVE, stays::add).join();
    blocking.create("/w", null, CreateMode.PERSISTENT);
    assertThat(missing.event().join().type()).isEqualTo(EventType.NODE_CREATED);
    assertThat(children.orThrow().event().join().type()).isEqualTo(EventType.NODE_CHILDREN_CHANGED);
    Watched<Node> data = client.getDataAndWatch("/w").join().orThrow();
    blocking.setData("/w", new byte[] {1}, -1);
    assertThat(data.event().join().path()).isEqualTo("/w");
    blocking.delete("/w", -1);
    assertThat(
            List.of(
                stays.poll(60, TimeUnit.SECONDS).type(),
                stays.poll(60, TimeUnit.SECONDS).type(),
                stays.poll(60, TimeUnit.SECONDS).type()))
        .containsExactly(
            EventType.NODE_CREATED, EventType.NODE_DATA_CHANGED, EventType.NODE_DELETED);
    registration.close();
    blocking.create("/unheard", null, CreateMode.PERSISTENT);
    blocking.sync("/");
    assertThat(stays).isEmpty();
  }

  @Test
  void whatStaysOutlivesTheServer() {
    blocking.create("/live", new byte[] {0}, CreateMode.PERSISTENT);
    try (Cache cache = client.cache("/", Cache.Depth.TREE)) {
      cache.start().join();
      BlockingQueue<Optional<Node>> states = new LinkedBlockingQueue<>();
      client.watch("/live").forEach(states::add);
      long session = client.sessionId();
      server.kill();
      server.restart();
      blocking.setData("/live", new byte[] {9}, -1);
      blocking.create("/new", null, CreateMode.PERSISTENT);
      await().atMost(Duration.ofSeconds(60)).until(() -> cache.get("/new").isPresent());
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                Optional<Node> state = states.poll();
                return state != null && state.isPresent() && state.get().stat().version() == 1;
              });
      assertThat(client.sessionId()).isEqualTo(session);
    }
  }

  @Test
  void questionsAboutTheTreeAndTheSession() {
    blocking.create("/q", null, CreateMode.PERSISTENT);
    blocking.create("/q/e", null, CreateMode.EPHEMERAL);
    assertThat(client.countDescendants("/q").join().orThrow()).isEqualTo(1);
    assertThat(client.getEphemerals("/").join()).containsExactly("/q/e");
    client.addAuth("digest", "ann:pw".getBytes(UTF_8)).join();
    assertThat(client.whoAmI().join())
        .contains(new ClientInfo("digest", "ann"), new ClientInfo("ip", "127.0.0.1"));
    blocking.setAcl("/q", List.of(new Acl(Acl.READ, Id.ANYONE)), 0);
    assertThat(blocking.getAcl("/q")).containsExactly(new Acl(Acl.READ, Id.ANYONE));
    assertThat(client.state()).isEqualTo(SessionState.CONNECTED);
    assertThat(client.certainFor()).isPositive();
  }

  @Test
  void pathsAreMadeAndRemovedWhole() {
    blocking.ensurePath("/p/a/b/c");
    blocking.ensurePath("/p/a/b/c");
    client.ensureContainer("/p/box").join();
    Created guarded =
        client
            .createGuarded("/p/box/n-", null, CreateMode.EPHEMERAL_SEQUENTIAL, Acl.OPEN)
            .join()
            .orThrow();
    assertThat(guarded.path()).matches("/p/box/_c_[0-9a-f-]{36}-n-0000000000");
    blocking.await(client.deleteSurely(guarded.path()));
    blocking.await(client.deleteSurely(guarded.path()));
    blocking.deleteTree("/p");
    blocking.deleteTree("/p");
    assertThat(blocking.exists("/p")).isEmpty();
  }

  @Test
  void aConnectionIsEncryptedAndTheServerIsWhoItSaysItIs() {
    TlsOptions trusting = TlsOptions.fromStores(TRUST_STORE, STORE_PASSWORD, null, null);
    try (ConclaveClient secure =
        ConclaveClient.connect(
                "localhost:" + SECURE_PORT + root, ClientOptions.defaults().withTls(trusting))
            .join()) {
      secure.blocking().create("/by-tls", new byte[100_000], CreateMode.PERSISTENT);
      assertThat(secure.blocking().getData("/by-tls").data()).hasSize(100_000);
    }
    Path another = selfSigned();
    TlsOptions mistrusting = TlsOptions.fromStores(trusting(another), STORE_PASSWORD, null, null);
    assertThatThrownBy(
            () ->
                ConclaveClient.connect(
                        "localhost:" + SECURE_PORT,
                        ClientOptions.defaults().withTls(mistrusting).withFirstConnectWithinMs(0))
                    .join())
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("TLS failed");
  }

  @Test
  void aUserLogsInByPassword() {
    ClientOptions options = ClientOptions.defaults().withFirstConnectWithinMs(0);
    try (ConclaveClient bob =
        ConclaveClient.connect(
                server.connectString(), options.withSasl(new SaslOptions.Digest("bob", "secret")))
            .join()) {
      assertThat(bob.whoAmI().join()).contains(new ClientInfo("sasl", "bob"));
    }
    assertThatThrownBy(
            () ->
                ConclaveClient.connect(
                        server.connectString(),
                        options.withSasl(new SaslOptions.Digest("bob", "wrong")))
                    .join())
        .hasCauseInstanceOf(SessionEndedException.class)
        .hasMessageContaining("AUTH_FAILED");
  }

  private static Path jaasFile() {
    try {
      Path file = Files.createTempFile("conclave-compat", ".jaas");
      file.toFile().deleteOnExit();
      return Files.writeString(
          file,
          "Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n"
              + "  user_bob=\"secret\";\n};\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A key whose certificate trusts itself, for localhost, by the JDK's keytool. */
  private static Path selfSigned() {
    try {
      Path directory = Files.createTempDirectory("conclave-compat");
      Path file = directory.resolve("keys.p12");
      file.toFile().deleteOnExit();
      directory.toFile().deleteOnExit();
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  "key",
                  "-keyalg",
                  "EC",
                  "-dname",
                  "CN=localhost",
                  "-ext",
                  "SAN=dns:localhost",
                  "-storetype",
                  "PKCS12",
                  "-keystore",
                  file.toString(),
                  "-storepass",
                  new String(STORE_PASSWORD))
              .inheritIO()
              .start();
      if (keytool.waitFor() != 0) {
        throw new IllegalStateException("keytool failed");
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A store that trusts another's certificate. */
  private static Path trusting(Path keyStore) {
    try (InputStream in = Files.newInputStream(keyStore)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, STORE_PASSWORD);
      KeyStore trust = KeyStore.getInstance("PKCS12");
      trust.load(null, null);
      trust.setCertificateEntry("server", keys.getCertificate("key"));
      Path file = keyStore.resolveSibling("trust.p12");
      try (OutputStream out = Files.newOutputStream(file)) {
        trust.store(out, STORE_PASSWORD);
      }
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
