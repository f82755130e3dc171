package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Acl;
import conclave.protocol.ClientInfo;
import conclave.protocol.ErrorCode;
import conclave.protocol.Id;
import conclave.protocol.OpCode;
import conclave.server.auth.Certificates;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who a client is to a whole server, on plain ports and by TLS. */
class AuthenticationTest {

  @TempDir static Path certificates;
  private static Path serverKeys;
  private static Path annKeys;
  private static Path trust;

  @TempDir Path dir;
  private ConclaveServer server;

  @BeforeAll
  static void makeCertificates() throws Exception {
    serverKeys =
        Certificates.keyStore(certificates.resolve("server.p12"), "CN=server", "dns:localhost");
    annKeys = Certificates.keyStore(certificates.resolve("ann.p12"), "CN=ann", "ip:127.0.0.1");
    trust = Certificates.trusting(certificates.resolve("trust.p12"), "PKCS12", annKeys);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private void start(String... lines) throws Exception {
    String text =
        "dataDir="
            + dir
            + "\nclientPort=0\nadmin.enableServer=false\n4lw.commands.whitelist=*\n"
            + String.join("\n", lines);
    server =
        ConclaveServer.start(
            ZooCfg.parse(text, Map.of()),
            (code, what, cause) -> {
              throw new AssertionError(what, cause);
            });
  }

  private static String[] tls(String... more) {
    List<String> lines =
        List.of(
            "secureClientPort=0",
            "ssl.keyStore.location=" + serverKeys,
            "ssl.keyStore.password=" + Certificates.PASSWORD,
            "ssl.trustStore.location=" + trust,
            "ssl.trustStore.password=" + Certificates.PASSWORD);
    return java.util.stream.Stream.concat(lines.stream(), List.of(more).stream())
        .toArray(String[]::new);
  }

  private static WireClient tlsClient(int port) throws IOException, GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(Certificates.load(annKeys), Certificates.PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {new TrustAll()}, null);
    return WireClient.on(
        context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port));
  }

  /** The tests are about whom the server trusts. */
  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static List<ClientInfo> whoAmI(WireClient client) throws IOException {
    return client
        .request(1, OpCode.WHO_AM_I.code(), writer -> {})
        .body()
        .readVector(in -> new ClientInfo(in.readString(), in.readString()));
  }

  private static int create(WireClient client, String path, Acl acl) throws IOException {
    return client
        .request(
            2,
            OpCode.CREATE.code(),
            writer -> {
              writer.writeString(path);
              writer.writeBuffer(new byte[0]);
              Acl.writeList(writer, List.of(acl));
              writer.writeInt(0);
            })
        .error();
  }

  private static int read(WireClient client, String path) throws IOException {
    return client
        .request(
            3,
            OpCode.GET_DATA.code(),
            writer -> {
              writer.writeString(path);
              writer.writeBool(false);
            })
        .error();
  }

  @Test
  void digestLetsItsUserReadWhatOthersMayNot() throws Exception {
    start();
    try (WireClient ann = WireClient.to(server.clientPort()).withSession();
        WireClient bob = WireClient.to(server.clientPort()).withSession()) {
      WireClient.Answer answer = ann.auth("digest", "ann:secret");
      assertThat(answer.xid()).isEqualTo(-4);
      assertThat(answer.error()).isZero();
      assertThat(whoAmI(ann))
          .containsExactly(new ClientInfo("ip", "127.0.0.1"), new ClientInfo("digest", "ann"));

      assertThat(create(ann, "/hers", new Acl(Acl.ALL, new Id("auth", "")))).isZero();
      assertThat(read(ann, "/hers")).isZero();
      assertThat(read(bob, "/hers")).isEqualTo(ErrorCode.NO_AUTH.code());
      assertThat(bob.auth("digest", "ann:wrong").error()).isZero();
      assertThat(read(bob, "/hers")).isEqualTo(ErrorCode.NO_AUTH.code());
      assertThat(bob.auth("digest", "ann:secret").error()).isZero();
      assertThat(read(bob, "/hers")).isZero();
    }
  }

  @Test
  void unknownSchemeIsRefusedAndHungUpOn() throws Exception {
    start();
    try (WireClient client = WireClient.to(server.clientPort()).withSession()) {
      WireClient.Answer answer = client.auth("nosuch", "x");

      assertThat(answer.xid()).isEqualTo(-4);
      assertThat(answer.zxid()).isZero();
      assertThat(answer.error()).isEqualTo(ErrorCode.AUTH_FAILED.code());
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void superUserPassesEveryCheck() throws Exception {
    start("DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU\\=");
    try (WireClient ann = WireClient.to(server.clientPort()).withSession();
        WireClient root = WireClient.to(server.clientPort()).withSession()) {
      ann.auth("digest", "ann:secret");
      create(ann, "/hers", new Acl(Acl.ALL, new Id("auth", "")));

      assertThat(root.auth("digest", "super:test").error()).isZero();
      assertThat(read(root, "/hers")).isZero();
    }
  }

  @Test
  void sessionsThatMustAuthenticateMayDoNothingBefore() throws Exception {
    start("enforce.auth.enabled=true", "enforce.auth.schemes=digest");
    try (WireClient ann = WireClient.to(server.clientPort()).withSession();
        WireClient bob = WireClient.to(server.clientPort()).withSession()) {
      assertThat(ann.auth("digest", "ann:secret").error()).isZero();
      assertThat(read(ann, "/")).isZero();

      WireClient.Answer refused =
          bob.request(7, OpCode.EXISTS.code(), writer -> writer.writeString("/"));
      assertThat(refused.xid()).isEqualTo(7);
      assertThat(refused.error()).isEqualTo(ErrorCode.SESSION_CLOSED_REQUIRE_SASL_AUTH.code());
      assertThat(bob.isEnded()).isTrue();
    }
  }

  @Test
  void certificateOfTheHandshakeIsAnId() throws Exception {
    start(tls("X509AuthenticationProvider.superUser=CN=root"));
    try (WireClient ann = tlsClient(server.secureClientPort()).withSession();
        WireClient plain = WireClient.to(server.clientPort()).withSession()) {
      assertThat(whoAmI(ann))
          .containsExactly(new ClientInfo("ip", "127.0.0.1"), new ClientInfo("x509", "CN=ann"));
      assertThat(create(ann, "/hers", new Acl(Acl.ALL, new Id("x509", "CN=ann")))).isZero();
      assertThat(read(ann, "/hers")).isZero();
      assertThat(read(plain, "/hers")).isEqualTo(ErrorCode.NO_AUTH.code());
      assertThat(ann.auth("x509", "").error()).isZero();
      assertThat(plain.auth("x509", "").error()).isEqualTo(ErrorCode.AUTH_FAILED.code());
    }
  }

  @Test
  void superUserByCertificate() throws Exception {
    start(tls("X509AuthenticationProvider.superUser=CN=ann"));
    try (WireClient other = WireClient.to(server.clientPort()).withSession();
        WireClient ann = tlsClient(server.secureClientPort()).withSession()) {
      other.auth("digest", "bob:secret");
      create(other, "/his", new Acl(Acl.ALL, new Id("auth", "")));

      assertThat(read(ann, "/his")).isZero();
    }
  }

  @Test
  void plainBytesOnATlsPortAreHungUpOn() throws Exception {
    start(tls());
    try (WireClient plain = WireClient.to(server.secureClientPort())) {
      // The server may answer with a TLS alert, but with nothing of the protocol.
      assertThat(plain.word("srvr and more")).doesNotContain("Zookeeper");
    }
    try (WireClient plain = WireClient.to(server.clientPort())) {
      assertThat(plain.word("mntr"))
          .contains("zk_unsuccessful_handshake\t1\n")
          .contains("zk_auth_failed_count\t1\n")
          .contains("zk_outstanding_tls_handshake\t0\n");
    }
  }

  @Test
  void wordsWorkOverTls() throws Exception {
    start(tls());
    try (WireClient ann = tlsClient(server.secureClientPort())) {
      assertThat(ann.word("conf"))
          .contains("clientPort=" + server.clientPort() + "\n")
          .contains("secureClientPort=" + server.secureClientPort() + "\n");
    }
  }

  @Test
  void unifiedPortTakesBoth() throws Exception {
    start(tls("client.portUnification=true"));
    try (WireClient ann = tlsClient(server.clientPort()).withSession();
        WireClient plain = WireClient.to(server.clientPort()).withSession();
        WireClient word = WireClient.to(server.clientPort())) {
      assertThat(whoAmI(ann)).hasSize(2);
      assertThat(whoAmI(plain)).hasSize(1);
      assertThat(word.word("ruok")).isEqualTo("imok");
    }
  }

  @Test
  void handshakesBeyondTheLimitAreHungUpOn() throws Exception {
    start(tls("netty.server.outstandingHandshake.limit=0"));

    assertThatThrownBy(() -> tlsClient(server.secureClientPort()).withSession())
        .isInstanceOf(IOException.class);
    try (WireClient plain = WireClient.to(server.clientPort())) {
      assertThat(plain.word("mntr")).contains("zk_tls_handshake_exceeded\t1\n");
    }
  }

  @Test
  void missingStoreStopsTheStart() {
    assertThatThrownBy(() -> start("secureClientPort=0"))
        .hasMessageContaining("ssl.keyStore.location");
  }
}
