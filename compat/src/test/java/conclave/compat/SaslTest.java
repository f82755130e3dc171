package conclave.compat;

import static conclave.compat.Jute.jute;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Proving who one is by SASL, with names and passwords. */
@Timeout(300)
final class SaslTest extends OneServer {
  private static final int AUTH_FAILED = -115;
  private static final int SESSION_CLOSED_REQUIRE_SASL_AUTH = -124;

  SaslTest() {
    super(withUsers().property("zookeeper.fips-mode", "false"));
  }

  private static ServerSpec withUsers() {
    return ServerSpec.standard()
        .with("authProvider.1", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
        .property("zookeeper.superUser", "root")
        .property("java.security.auth.login.config", jaasFile().toString());
  }

  private static Path jaasFile() {
    try {
      Path file = Files.createTempFile("conclave-compat", ".jaas");
      file.toFile().deleteOnExit();
      return Files.writeString(
          file,
          "Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n"
              + "  user_bob=\"secret\"\n  user_root=\"toor\";\n};\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whoKnowsThePasswordIsKnownByTheName() throws Exception {
    Wire wire = session();
    assertThat(prove(wire, "bob", "secret").err()).isZero();
    assertThat(clients(wire)).contains("sasl:bob");
    wire.ok(
        Requests.create(
            Requests.CREATE, root + "/mine", new byte[0], List.of(new Acl(31, "sasl", "bob")), 0));
    wire.ok(Requests.getData(root + "/mine", false));
    assertThat(session().call(Requests.getData(root + "/mine", false)).err()).isEqualTo(-102);
    Wire superUser = session();
    assertThat(prove(superUser, "root", "toor").err()).isZero();
    superUser.ok(Requests.getData(root + "/mine", false));
  }

  @Test
  void theRepliesAreOutsideOfTheOrderOfChanges() throws Exception {
    Wire wire = session();
    Incoming.Reply challenge = wire.call(sasl(new byte[0]));
    assertThat(challenge.err()).isZero();
    assertThat(challenge.zxid()).isZero();
    assertThat(new String(token(challenge), UTF_8))
        .contains("realm=\"zk-sasl-md5\"", "algorithm=md5-sess");
  }

  @Test
  void aWrongPasswordIsTheEndOfTheConnection() throws Exception {
    Wire wire = session();
    Incoming.Reply reply = prove(wire, "bob", "wrong");
    assertThat(reply.err()).isEqualTo(AUTH_FAILED);
    assertThat(reply.zxid()).isZero();
    assertThat(wire.drainedAndClosed()).isTrue();
  }

  @Test
  void soIsAnUnknownName() throws Exception {
    Wire wire = session();
    assertThat(prove(wire, "nobody", "secret").err()).isEqualTo(AUTH_FAILED);
    assertThat(wire.drainedAndClosed()).isTrue();
  }

  @Test
  void rubbishIsAFailure() throws Exception {
    Wire wire = session();
    wire.call(sasl(new byte[0]));
    assertThat(wire.call(sasl("rubbish".getBytes(UTF_8))).err()).isEqualTo(AUTH_FAILED);
    assertThat(wire.drainedAndClosed()).isTrue();
  }

  @Test
  void whoFailsMayStayWhenConfiguredSo() throws Exception {
    ServerSpec spec =
        withUsers()
            .property("zookeeper.fips-mode", "false")
            .property("zookeeper.allowSaslFailedClients", "true");
    try (ServerProcess lenient = ServerProcess.start(target, spec)) {
      Wire wire = keep(Wire.session(lenient));
      assertThat(prove(wire, "bob", "wrong").err()).isZero();
      wire.ok(Requests.create("/a"));
      assertThat(clients(wire)).doesNotContain("sasl");
    }
  }

  @Test
  void nothingIsDoneBeforeWhereSaslIsRequired() throws Exception {
    ServerSpec spec =
        withUsers()
            .property("zookeeper.fips-mode", "false")
            .property("zookeeper.sessionRequireClientSASLAuth", "true");
    try (ServerProcess strict = ServerProcess.start(target, spec)) {
      Wire early = keep(Wire.session(strict));
      Incoming.Reply refused = early.call(Requests.create("/a"));
      assertThat(refused.err()).isEqualTo(SESSION_CLOSED_REQUIRE_SASL_AUTH);
      assertThat(refused.zxid()).isZero();
      assertThat(early.drainedAndClosed()).isTrue();
      Wire wrong = keep(Wire.session(strict));
      assertThat(prove(wrong, "bob", "wrong").err()).isEqualTo(SESSION_CLOSED_REQUIRE_SASL_AUTH);
      assertThat(wrong.drainedAndClosed()).isTrue();
      Wire wire = keep(Wire.session(strict));
      assertThat(prove(wire, "bob", "secret").err()).isZero();
      wire.ok(Requests.create("/a"));
    }
  }

  @Test
  void pingsTooAreRefusedBefore() throws Exception {
    ServerSpec spec =
        ServerSpec.standard()
            .property("zookeeper.enforce.auth.enabled", "true")
            .property("zookeeper.enforce.auth.schemes", "digest");
    try (ServerProcess strict = ServerProcess.start(target, spec)) {
      Wire ping = keep(Wire.session(strict));
      assertThat(ping.call(new Request(Requests.PING, new byte[0], "ping")).err())
          .isEqualTo(SESSION_CLOSED_REQUIRE_SASL_AUTH);
      assertThat(ping.drainedAndClosed()).isTrue();
      Wire end = keep(Wire.session(strict));
      assertThat(end.endSession().err()).isEqualTo(SESSION_CLOSED_REQUIRE_SASL_AUTH);
      Wire known = keep(Wire.session(strict));
      assertThat(known.call(Requests.auth("digest", "bob:secret")).err()).isZero();
      assertThat(known.call(new Request(Requests.PING, new byte[0], "ping")).err()).isZero();
      known.ok(Requests.create("/a"));
    }
  }

  @Test
  void fipsModeIsTheClientsBusiness() throws Exception {
    try (ServerProcess fips = ServerProcess.start(target, withUsers())) {
      Wire wire = keep(Wire.session(fips));
      assertThat(prove(wire, "bob", "secret").err()).isZero();
      assertThat(clients(wire)).contains("sasl:bob");
    }
  }

  @Test
  void withoutALoginThereIsNothingToSay() throws Exception {
    try (ServerProcess plain = ServerProcess.start(target, ServerSpec.standard())) {
      Wire wire = keep(Wire.session(plain));
      Incoming.Reply reply = wire.call(sasl(new byte[0]));
      assertThat(reply.err()).isZero();
      assertThat(reply.zxid()).isZero();
      assertThat(reply.read().buffer()).isNull();
      wire.ok(Requests.create("/a"));
    }
  }

  @Test
  void theOfficialClientProvesItself() throws Exception {
    Configuration before = swap(new Users(Map.of("username", "bob", "password", "secret")));
    try (ZooKeeper client = connected()) {
      client.create(
          root + "/official", new byte[0], ZooDefs.Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT);
      assertThat(client.getACL(root + "/official", null).get(0).getId().toString())
          .contains("sasl", "bob");
      assertThat(session().call(Requests.getData(root + "/official", false)).err()).isEqualTo(-102);
    } finally {
      Configuration.setConfiguration(before);
    }
  }

  @Test
  void theOfficialClientIsToldOfItsWrongPassword() throws Exception {
    Configuration before = swap(new Users(Map.of("username", "bob", "password", "wrong")));
    CountDownLatch failed = new CountDownLatch(1);
    try (ZooKeeper client =
        client(
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.AuthFailed) {
                failed.countDown();
              }
            })) {
      assertThat(failed.await(60, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> client.exists("/", false))
          .isInstanceOf(KeeperException.AuthFailedException.class);
    } finally {
      Configuration.setConfiguration(before);
    }
  }

  private ZooKeeper connected() throws Exception {
    CountDownLatch authenticated = new CountDownLatch(1);
    ZooKeeper client =
        client(
            event -> {
              if (event.getState() == Watcher.Event.KeeperState.SaslAuthenticated) {
                authenticated.countDown();
              }
            });
    assertThat(authenticated.await(60, TimeUnit.SECONDS)).isTrue();
    return client;
  }

  private ZooKeeper client(Watcher watcher) throws IOException {
    ZKClientConfig config = new ZKClientConfig();
    config.setProperty("zookeeper.fips-mode", "false");
    return new ZooKeeper(server.connectString(), 10_000, watcher, config);
  }

  private static Configuration swap(Configuration users) {
    Configuration before;
    try {
      before = Configuration.getConfiguration();
    } catch (SecurityException none) {
      before = new Users(Map.of());
    }
    Configuration.setConfiguration(users);
    return before;
  }

  /** The client's section of a JAAS file, without the file. */
  private static final class Users extends Configuration {
    private final Map<String, String> options;

    Users(Map<String, String> options) {
      this.options = options;
    }

    @Override
    public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String name) {
      if (options.isEmpty() || !name.equals("Client")) {
        return null;
      }
      return new AppConfigurationEntry[] {
        new AppConfigurationEntry(
            "org.apache.zookeeper.server.auth.DigestLoginModule",
            LoginModuleControlFlag.REQUIRED,
            options)
      };
    }
  }

  private static String clients(Wire wire) throws IOException {
    JuteReader reader = wire.ok(Requests.whoAmI()).read();
    StringBuilder all = new StringBuilder();
    int count = reader.int32();
    for (int i = 0; i < count; i++) {
      all.append(reader.string()).append(':').append(reader.string()).append(' ');
    }
    return all.toString();
  }

  /** The whole exchange; its last reply. */
  private static Incoming.Reply prove(Wire wire, String user, String password) throws Exception {
    SaslClient client =
        Sasl.createSaslClient(
            new String[] {"DIGEST-MD5"},
            user,
            "zookeeper",
            "zk-sasl-md5",
            null,
            callbacks -> answer(callbacks, user, password));
    Incoming.Reply reply = wire.call(sasl(new byte[0]));
    while (reply.err() == 0 && !client.isComplete()) {
      byte[] next = client.evaluateChallenge(token(reply));
      if (client.isComplete() && next == null) {
        return reply;
      }
      reply = wire.call(sasl(next));
      if (reply.read().buffer() == null) {
        return reply;
      }
    }
    return reply;
  }

  private static void answer(Callback[] callbacks, String user, String password) {
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback name) {
        name.setName(user);
      } else if (callback instanceof PasswordCallback secret) {
        secret.setPassword(password.toCharArray());
      } else if (callback instanceof RealmCallback realm) {
        realm.setText(realm.getDefaultText());
      }
    }
  }

  private static byte[] token(Incoming.Reply reply) {
    byte[] token = reply.read().buffer();
    return token == null ? new byte[0] : token;
  }

  private static Request sasl(byte[] token) {
    return new Request(Requests.SASL, jute().buffer(token).bytes(), "sasl " + token.length);
  }
}
