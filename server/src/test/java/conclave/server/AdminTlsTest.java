package conclave.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.server.auth.Certificates;
import conclave.server.auth.TlsException;
import conclave.server.config.ZooCfg;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The AdminServer's port by TLS: beside plain HTTP, instead of it, and with certificates. */
@Timeout(300)
class AdminTlsTest {
  @TempDir static Path certificates;
  private static Path serverKeys;
  private static Path operatorKeys;
  private static Path strangerKeys;
  private static Path trustOfServer;
  private static Path trustOfClients;

  @TempDir Path dir;
  private ConclaveServer server;

  @BeforeAll
  static void makeCertificates() throws Exception {
    serverKeys =
        Certificates.keyStore(certificates.resolve("server.p12"), "CN=server", "ip:127.0.0.1");
    // Of no host: as operators have them, and Apache's AdminServer takes them.
    operatorKeys = Certificates.keyStore(certificates.resolve("operator.p12"), "CN=operator", "");
    strangerKeys = Certificates.keyStore(certificates.resolve("stranger.p12"), "CN=stranger", "");
    trustOfServer =
        Certificates.trusting(certificates.resolve("trust.p12"), "PKCS12", operatorKeys);
    trustOfClients =
        Certificates.trusting(certificates.resolve("clients.p12"), "PKCS12", serverKeys);
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private int start(String... lines) throws Exception {
    List<String> all =
        Stream.concat(
                Stream.of(
                    "dataDir=" + dir,
                    "clientPort=0",
                    "clientPortAddress=127.0.0.1",
                    "admin.serverPort=0",
                    "admin.serverAddress=127.0.0.1"),
                Stream.of(lines))
            .toList();
    server =
        ConclaveServer.start(
            ZooCfg.parse(String.join("\n", all) + "\n", Map.of()),
            (code, what, cause) -> {
              throw new AssertionError(what, cause);
            });
    return server.adminPort();
  }

  private int startWithKeys(String... lines) throws Exception {
    return start(
        Stream.concat(
                Stream.of(
                    "ssl.quorum.keyStore.location=" + serverKeys,
                    "ssl.quorum.keyStore.password=" + Certificates.PASSWORD,
                    "ssl.quorum.trustStore.location=" + trustOfServer,
                    "ssl.quorum.trustStore.password=" + Certificates.PASSWORD),
                Stream.of(lines))
            .toArray(String[]::new));
  }

  private static int ask(String scheme, int port, @Nullable Path keys) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(context(keys)).build();
    URI uri = URI.create(scheme + "://127.0.0.1:" + port + "/commands/ruok");
    HttpResponse<String> answer =
        client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).contains("\"command\" : \"ruok\"");
    return answer.statusCode();
  }

  private static SSLContext context(@Nullable Path keys)
      throws IOException, GeneralSecurityException {
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(Certificates.load(trustOfClients));
    KeyManagerFactory mine = KeyManagerFactory.getInstance("PKIX");
    if (keys != null) {
      mine.init(Certificates.load(keys), Certificates.PASSWORD.toCharArray());
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys == null ? null : mine.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void withPortUnificationItTakesBoth() throws Exception {
    int port = startWithKeys("admin.portUnification=true");
    assertThat(ask("http", port, null)).isEqualTo(200);
    assertThat(ask("https", port, null)).isEqualTo(200);
    assertThat(ask("https", port, operatorKeys)).isEqualTo(200);
  }

  @Test
  void withForceHttpsItTakesNothingElse() throws Exception {
    int port = startWithKeys("admin.forceHttps=true", "admin.portUnification=true");
    assertThat(ask("https", port, null)).isEqualTo(200);
    assertThatThrownBy(() -> ask("http", port, null)).isInstanceOf(IOException.class);
  }

  @Test
  void withNeedClientAuthOnlyThoseComeWhoseCertificatesAreTrusted() throws Exception {
    int port = startWithKeys("admin.forceHttps=true", "admin.needClientAuth=true");
    assertThat(ask("https", port, operatorKeys)).isEqualTo(200);
    assertThatThrownBy(() -> ask("https", port, null)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ask("https", port, strangerKeys)).isInstanceOf(IOException.class);
    assertThat(ask("https", port, operatorKeys)).as("the others did no harm").isEqualTo(200);
  }

  @Test
  void withoutTheseItIsPlain() throws Exception {
    int port = startWithKeys();
    assertThat(ask("http", port, null)).isEqualTo(200);
    assertThatThrownBy(() -> ask("https", port, null)).isInstanceOf(IOException.class);
  }

  @Test
  void withoutKeysItDoesNotStart() {
    assertThatThrownBy(() -> start("admin.forceHttps=true"))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("ssl.quorum.keyStore.location");
  }
}
