package conclave.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.protocol.Id;
import conclave.server.admin.ServerMetrics;
import conclave.server.config.ServerConfig;
import conclave.server.config.ZooCfg;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small server behind the TLS of a client port, and the JDK's TLS sockets as its clients. */
class ClientTlsTest {

  private static final int TIMEOUT_MS = 10_000;

  @TempDir static Path dir;
  private static Path serverKeys;
  private static Path annKeys;
  private static Path eveKeys;
  private static Path trust;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<ClientTls> opened = new ArrayList<>();

  @BeforeAll
  static void makeCertificates() throws Exception {
    serverKeys = Certificates.keyStore(dir.resolve("server.p12"), "CN=server", "dns:localhost");
    annKeys = Certificates.keyStore(dir.resolve("ann.p12"), "CN=ann,O=acme", "ip:127.0.0.1");
    eveKeys = Certificates.keyStore(dir.resolve("eve.p12"), "CN=eve", "dns:eve.example.org");
    trust = Certificates.trusting(dir.resolve("trust.jks"), "JKS", annKeys);
  }

  @AfterEach
  void stop() {
    opened.forEach(ClientTls::close);
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private static ServerConfig config(Map<String, Object> options) throws Exception {
    StringBuilder text = new StringBuilder("dataDir=/d\nsecureClientPort=0\n");
    options.forEach((key, value) -> text.append(key).append('=').append(value).append('\n'));
    return ZooCfg.parse(text.toString(), Map.of());
  }

  private static Map<String, Object> with(Map<String, Object> options, Map<String, Object> more) {
    Map<String, Object> all = new java.util.HashMap<>(options);
    all.putAll(more);
    return all;
  }

  private static Map<String, Object> usual() {
    return Map.of(
        "ssl.keyStore.location",
        serverKeys,
        "ssl.keyStore.password",
        Certificates.PASSWORD,
        "ssl.trustStore.location",
        trust,
        "ssl.trustStore.password",
        Certificates.PASSWORD);
  }

  private ClientTls open(Map<String, Object> options) throws Exception {
    ClientTls tls = ClientTls.open(config(options).clientTls());
    opened.add(tls);
    return tls;
  }

  /** Starts a server that answers the first bytes with the ids of the client. */
  private int serve(ClientTls tls, boolean detect) throws Exception {
    Identities identities = new Identities(config(usual()).security(), new ServerMetrics());
    Channel channel =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel connection) {
                    InetSocketAddress remote = connection.remoteAddress();
                    Answerer answerer = new Answerer(identities);
                    if (detect) {
                      connection
                          .pipeline()
                          .addLast(tls.newDetector(remote, handler -> answerer.handler = handler));
                    } else {
                      answerer.handler = tls.newHandler(connection.alloc(), remote);
                      connection.pipeline().addLast(answerer.handler);
                    }
                    connection.pipeline().addLast(answerer);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  private static final class Answerer extends ChannelInboundHandlerAdapter {
    private final Identities identities;
    private SslHandler handler;

    Answerer(Identities identities) {
      this.identities = identities;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ((ByteBuf) message).release();
      X509Certificate certificate = handler == null ? null : ClientTls.certificateOf(handler);
      List<Id> ids =
          certificate == null ? List.of() : identities.withCertificate(List.of(), certificate);
      String answer = (handler == null ? "plain" : "tls") + " " + ids;
      context.writeAndFlush(Unpooled.copiedBuffer(answer, StandardCharsets.UTF_8));
      context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  private static String ask(Socket socket) throws IOException {
    try (socket) {
      socket.setSoTimeout(TIMEOUT_MS);
      socket.getOutputStream().write("????????".getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String askPlain(int port) throws IOException {
    return ask(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  private static String askTls(int port, Path keys, String... protocols)
      throws IOException, GeneralSecurityException {
    SSLSocket socket =
        (SSLSocket)
            clientContext(keys)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return ask(socket);
  }

  private static SSLContext clientContext(Path keys) throws IOException, GeneralSecurityException {
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    if (keys == null) {
      KeyStore none = KeyStore.getInstance("PKCS12");
      none.load(null, null);
      factory.init(none, new char[0]);
    } else {
      factory.init(Certificates.load(keys), Certificates.PASSWORD.toCharArray());
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), new TrustManager[] {new TrustTheServer()}, null);
    return context;
  }

  private static final class TrustTheServer implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {
      assertThat(chain[0].getSubjectX500Principal().getName()).isIn("CN=server", "CN=renewed");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static void assertRefused(ThrowingAsk ask) {
    try {
      assertThat(ask.ask()).isEmpty();
    } catch (IOException e) {
      // The handshake failed, or the server hung up: both are a refusal.
      assertThat(e).isNotNull();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private interface ThrowingAsk {
    String ask() throws IOException, GeneralSecurityException;
  }

  @Test
  void trustedCertificateBecomesAnId() throws Exception {
    int port = serve(open(usual()), false);

    assertThat(askTls(port, annKeys)).isEqualTo("tls " + List.of(new Id("x509", "CN=ann,O=acme")));
  }

  @Test
  void certificatesOfOthersAndNoneAreRefused() throws Exception {
    int port = serve(open(usual()), false);

    assertRefused(() -> askTls(port, eveKeys));
    assertRefused(() -> askTls(port, null));
    assertRefused(() -> askPlain(port));
  }

  @ParameterizedTest
  @CsvSource({"want", "none"})
  void certificateMayBeLeftOutWhenNotNeeded(String clientAuth) throws Exception {
    int port = serve(open(with(usual(), Map.of("ssl.clientAuth", clientAuth))), false);

    assertThat(askTls(port, null)).isEqualTo("tls []");
  }

  @Test
  void onlyTheBestProtocolIsOnUnlessOthersAreNamed() throws Exception {
    int best = serve(open(usual()), false);
    int both = serve(open(with(usual(), Map.of("ssl.enabledProtocols", "TLSv1.2,TLSv1.3"))), false);
    int older = serve(open(with(usual(), Map.of("ssl.protocol", "TLSv1.2"))), false);

    assertRefused(() -> askTls(best, annKeys, "TLSv1.2"));
    assertThat(askTls(both, annKeys, "TLSv1.2")).startsWith("tls ");
    assertThat(askTls(both, annKeys, "TLSv1.3")).startsWith("tls ");
    assertRefused(() -> askTls(older, annKeys, "TLSv1.3"));
  }

  @Test
  void cipherSuitesCanBeChosen() throws Exception {
    int port =
        serve(open(with(usual(), Map.of("ssl.ciphersuites", "TLS_AES_256_GCM_SHA384"))), false);

    try (SSLSocket socket =
        (SSLSocket)
            clientContext(annKeys)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.startHandshake();
      assertThat(socket.getSession().getCipherSuite()).isEqualTo("TLS_AES_256_GCM_SHA384");
    }
  }

  @Test
  void clientsAddressMustBeInItsCertificateWhenAsked() throws Exception {
    Path both = Certificates.trusting(dir.resolve("both.p12"), "PKCS12", annKeys, eveKeys);
    Map<String, Object> checking =
        with(
            usual(),
            Map.of("ssl.clientHostnameVerification", true, "ssl.trustStore.location", both));
    int port = serve(open(checking), false);
    int unchecked = serve(open(with(checking, Map.of("ssl.hostnameVerification", false))), false);

    assertThat(askTls(port, annKeys)).contains("CN=ann");
    assertRefused(() -> askTls(port, eveKeys));
    assertThat(askTls(unchecked, eveKeys)).contains("CN=eve");
  }

  @Test
  void clientsHostIsLookedUpWhenAllowed() throws Exception {
    String name = InetAddress.getByAddress(new byte[] {127, 0, 0, 1}).getHostName();
    Path namedKeys = Certificates.keyStore(dir.resolve("named.p12"), "CN=named", "dns:" + name);
    Path both = Certificates.trusting(dir.resolve("named-trust.p12"), "PKCS12", namedKeys, eveKeys);
    Map<String, Object> checking =
        with(
            usual(),
            Map.of("ssl.clientHostnameVerification", true, "ssl.trustStore.location", both));
    int lookingUp = serve(open(with(checking, Map.of("ssl.allowReverseDnsLookup", true))), false);
    int notLookingUp = serve(open(checking), false);

    assertThat(askTls(lookingUp, namedKeys)).contains("CN=named");
    assertRefused(() -> askTls(lookingUp, eveKeys));
    assertRefused(() -> askTls(notLookingUp, namedKeys));
  }

  @Test
  void onePortTakesBothWhenUnified() throws Exception {
    int port = serve(open(with(usual(), Map.of("client.portUnification", true))), true);

    assertThat(askPlain(port)).isEqualTo("plain []");
    assertThat(askTls(port, annKeys)).contains("CN=ann");
  }

  @Test
  void pemAndJksStoresAndPasswordFiles() throws Exception {
    Path keyPem = Certificates.toPem(serverKeys, dir.resolve("server.pem"));
    Path trustPem = Certificates.toPemCertificate(annKeys, dir.resolve("trust.pem"));
    Path jks = Certificates.toJks(serverKeys, dir.resolve("server.keys"));
    Path password = Files.writeString(dir.resolve("password"), Certificates.PASSWORD + "\n");
    int pem =
        serve(
            open(Map.of("ssl.keyStore.location", keyPem, "ssl.trustStore.location", trustPem)),
            false);
    int typed =
        serve(
            open(
                Map.of(
                    "ssl.keyStore.location",
                    jks,
                    "ssl.keyStore.type",
                    "jks",
                    "ssl.keyStore.password",
                    "wrong, the file wins",
                    "ssl.keyStore.passwordPath",
                    password,
                    "ssl.trustStore.location",
                    trust,
                    "ssl.trustStore.password",
                    Certificates.PASSWORD)),
            false);

    assertThat(askTls(pem, annKeys)).contains("CN=ann");
    assertThat(askTls(typed, annKeys)).contains("CN=ann");
  }

  @Test
  void unusableStoresAreNamed() throws Exception {
    Path garbage = Files.writeString(dir.resolve("garbage.pem"), "nothing");
    Path noType = Files.copy(serverKeys, dir.resolve("server.store"));

    assertOpenFails(Map.of(), "ssl.keyStore.location");
    assertOpenFails(Map.of("ssl.keyStore.location", dir.resolve("none.p12")), "none.p12");
    assertOpenFails(
        Map.of("ssl.keyStore.location", serverKeys, "ssl.keyStore.password", "wrong"),
        "server.p12");
    assertOpenFails(Map.of("ssl.keyStore.location", garbage), "garbage.pem");
    assertOpenFails(Map.of("ssl.keyStore.location", noType), "does not tell the type");
    assertOpenFails(
        with(usual(), Map.of("ssl.keyStore.passwordPath", dir.resolve("nopass"))), "nopass");
    assertOpenFails(with(usual(), Map.of("ssl.trustStore.location", garbage)), "garbage.pem");
    assertOpenFails(with(usual(), Map.of("ssl.enabledProtocols", "TLSv9")), "ssl.*");
    assertOpenFails(with(usual(), Map.of("ssl.keyStore.type", "BCFKS")), "BCFKS");
  }

  private void assertOpenFails(Map<String, Object> options, String text) {
    assertThatThrownBy(() -> open(options))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining(text);
  }

  @Test
  void changedStoresAreLoadedAgainAndBrokenOnesAreNot() throws Exception {
    Path keys = Files.copy(serverKeys, dir.resolve("changing.p12"));
    Path renewed = Certificates.keyStore(dir.resolve("renewed.p12"), "CN=renewed", "");
    AtomicLong nowMs = new AtomicLong();
    ClientTls tls =
        ClientTls.open(
            config(with(usual(), Map.of("ssl.keyStore.location", keys, "client.certReload", true)))
                .clientTls(),
            nowMs::get);
    opened.add(tls);
    int port = serve(tls, false);
    assertThat(serverName(port)).isEqualTo("CN=server");

    replace(keys, Files.readAllBytes(renewed), 1);
    nowMs.addAndGet(999);
    assertThat(serverName(port)).isEqualTo("CN=server");
    nowMs.addAndGet(1);
    assertThat(serverName(port)).isEqualTo("CN=renewed");

    replace(keys, new byte[] {1, 2, 3}, 2);
    nowMs.addAndGet(1000);
    assertThat(serverName(port)).isEqualTo("CN=renewed");
  }

  private static void replace(Path file, byte[] content, int age) throws IOException {
    Files.write(file, content);
    Files.setLastModifiedTime(
        file, FileTime.fromMillis(Files.getLastModifiedTime(file).toMillis() + age * 5000L));
  }

  private static String serverName(int port) throws IOException, GeneralSecurityException {
    try (SSLSocket socket =
        (SSLSocket)
            clientContext(annKeys)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MS);
      socket.startHandshake();
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return certificate.getSubjectX500Principal().getName();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "zk.example.org, zk.example.org, true", "ZK.example.ORG, zk.EXAMPLE.org, true",
        "*.example.org, zk.example.org, true",
    "*.example.org, a.zk.example.org, false", "*.example.org, example.org, false",
        "*.org, example.org, false",
    "zk.example.org, zk.example.com, false", "*, zk, false"
  })
  void hostNamesMatch(String pattern, String host, boolean expected) {
    assertThat(CertificateNames.matches(pattern, host)).isEqualTo(expected);
  }

  @Test
  void namesOfCertificates() throws Exception {
    X509Certificate ann = (X509Certificate) Certificates.load(annKeys).getCertificate("key");
    X509Certificate eve = (X509Certificate) Certificates.load(eveKeys).getCertificate("key");
    Path old = Certificates.keyStore(dir.resolve("old.p12"), "CN=10.0.0.1", "");
    X509Certificate withoutAlternatives =
        (X509Certificate) Certificates.load(old).getCertificate("key");

    assertThat(CertificateNames.hasAddress(ann, "127.0.0.1")).isTrue();
    assertThat(CertificateNames.hasHost(ann, "ann")).isFalse();
    assertThat(CertificateNames.hasHost(eve, "eve.example.org")).isTrue();
    assertThat(CertificateNames.hasAddress(eve, "127.0.0.1")).isFalse();
    assertThat(CertificateNames.hasAddress(withoutAlternatives, "10.0.0.1")).isTrue();
    assertThat(CertificateNames.hasHost(withoutAlternatives, "other")).isFalse();
  }
}
