package conclave.server.auth;

import conclave.server.config.ServerConfig.Store;
import conclave.server.config.ServerConfig.StoreType;
import conclave.server.config.ServerConfig.Tls;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathValidator;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CertSelector;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Builds Netty's TLS contexts from the {@code ssl.*} settings. */
final class TlsContext {

  private TlsContext() {}

  /**
   * Of a port to listen on.
   *
   * @param clientNames whether a client's certificate must be for the address that it comes from
   */
  static SslContext build(Tls tls, boolean clientNames) throws TlsException {
    SslContextBuilder builder = withKeys(tls.keyStore(), true).clientAuth(clientAuth(tls));
    X509ExtendedTrustManager trust = trust(tls);
    if (trust != null) {
      builder.trustManager(clientNames ? new HostCheck(trust, tls.allowReverseDnsLookup()) : trust);
    }
    return build(builder, tls);
  }

  /**
   * For connections to others.
   *
   * @param serverNames whether a server's certificate must be for the host that was asked for
   */
  static SslContext buildClient(Tls tls, boolean serverNames) throws TlsException {
    SslContextBuilder builder = withKeys(tls.keyStore(), false);
    X509ExtendedTrustManager trust = trust(tls);
    if (trust != null) {
      builder.trustManager(trust);
    }
    // Netty looks at the name unless it is told not to.
    builder.endpointIdentificationAlgorithm(serverNames ? "HTTPS" : null);
    return build(builder, tls);
  }

  private static SslContext build(SslContextBuilder builder, Tls tls) throws TlsException {
    builder.sslProvider(SslProvider.JDK).protocols(protocols(tls));
    if (!tls.cipherSuites().isEmpty()) {
      builder.ciphers(tls.cipherSuites());
    }
    try {
      SslContext context = builder.build();
      // Protocols are looked at when the first connection comes; a wrong one is to be found at
      // start.
      context.newEngine(UnpooledByteBufAllocator.DEFAULT);
      return context;
    } catch (IOException | IllegalArgumentException e) {
      throw new TlsException("the ssl.* settings do not make a TLS context", e);
    }
  }

  private static ClientAuth clientAuth(Tls tls) {
    return switch (tls.clientAuth()) {
      case NONE -> ClientAuth.NONE;
      case WANT -> ClientAuth.OPTIONAL;
      case NEED -> ClientAuth.REQUIRE;
    };
  }

  /** Without a list only one protocol is on, the best one, as in Apache ZooKeeper. */
  private static List<String> protocols(Tls tls) throws TlsException {
    if (!tls.enabledProtocols().isEmpty()) {
      return tls.enabledProtocols();
    }
    String protocol = tls.protocol();
    return List.of(protocol != null ? protocol : bestProtocol());
  }

  private static String bestProtocol() throws TlsException {
    try {
      List<String> supported =
          List.of(SSLContext.getDefault().getSupportedSSLParameters().getProtocols());
      return supported.contains("TLSv1.3") ? "TLSv1.3" : "TLSv1.2";
    } catch (GeneralSecurityException e) {
      throw new TlsException("this JVM has no TLS", e);
    }
  }

  private static SslContextBuilder withKeys(Store store, boolean server) throws TlsException {
    Path location = store.location();
    if (location == null) {
      throw new TlsException(
          "TLS needs a key store: set ssl.keyStore.location (among servers ssl.quorum.keyStore.location)");
    }
    char[] password = Stores.password(store);
    if (Stores.typeOf(store, location) == StoreType.PEM) {
      return withPemKeys(location, password, server);
    }
    KeyStore keys = Stores.load(store, location);
    try {
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(keys, password);
      return server
          ? SslContextBuilder.forServer(factory)
          : SslContextBuilder.forClient().keyManager(factory);
    } catch (GeneralSecurityException e) {
      throw new TlsException(location + ": the key cannot be used", e);
    }
  }

  /** The one file has both the private key and the chain of certificates. */
  private static SslContextBuilder withPemKeys(Path location, char[] password, boolean server)
      throws TlsException {
    File file = location.toFile();
    String text = password.length == 0 ? null : new String(password);
    try {
      return server
          ? SslContextBuilder.forServer(file, file, text)
          : SslContextBuilder.forClient().keyManager(file, file, text);
    } catch (IllegalArgumentException e) {
      throw new TlsException(location + ": the key or its certificates cannot be used", e);
    }
  }

  /**
   * Null leaves it to the JVM's own list of authorities, as Apache ZooKeeper does without a trust
   * store.
   */
  private static @Nullable X509ExtendedTrustManager trust(Tls tls) throws TlsException {
    Path location = tls.trustStore().location();
    if (location == null) {
      return null;
    }
    KeyStore trusted = Stores.loadTrusted(tls.trustStore(), location);
    try {
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(new CertPathTrustManagerParameters(checks(tls, trusted)));
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
      throw new TlsException("this JVM has no trust manager for certificates");
    } catch (GeneralSecurityException e) {
      throw new TlsException(location + ": the certificates cannot be trusted", e);
    }
  }

  private static PKIXBuilderParameters checks(Tls tls, KeyStore trusted)
      throws GeneralSecurityException {
    PKIXBuilderParameters checks = new PKIXBuilderParameters(trusted, new X509CertSelector());
    if (!tls.crl() && !tls.ocsp()) {
      checks.setRevocationEnabled(false);
      return checks;
    }
    if (CertPathValidator.getInstance("PKIX").getRevocationChecker()
        instanceof PKIXRevocationChecker revocation) {
      revocation.setOptions(
          tls.ocsp()
              ? Set.of()
              : EnumSet.of(
                  PKIXRevocationChecker.Option.PREFER_CRLS,
                  PKIXRevocationChecker.Option.NO_FALLBACK));
      checks.addCertPathChecker(revocation);
    }
    return checks;
  }
}
