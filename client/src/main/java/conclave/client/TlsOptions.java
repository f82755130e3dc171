package conclave.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * How connections are encrypted.
 *
 * @param context keys and trust
 * @param verifyHostname whether the server's certificate has to carry the name, or the address,
 *     that was connected to
 */
public record TlsOptions(SSLContext context, boolean verifyHostname) {

  /** Keys and trust as the caller's own context has them; host names are verified. */
  public static TlsOptions of(SSLContext context) {
    return new TlsOptions(context, true);
  }

  /**
   * Reads trust and, for servers that ask who their client is, a key from files in PKCS12 or JKS.
   *
   * @param keyStore null when the client has no certificate
   * @throws IllegalArgumentException when a file can't be read or a password is wrong
   */
  public static TlsOptions fromStores(
      Path trustStore,
      char[] trustPassword,
      @Nullable Path keyStore,
      char @Nullable [] keyPassword) {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(load(trustStore, trustPassword));
      KeyManager[] keys = null;
      if (keyStore != null) {
        KeyManagerFactory factory =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        char[] password = keyPassword == null ? new char[0] : keyPassword;
        factory.init(load(keyStore, password), password);
        keys = factory.getKeyManagers();
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trust.getTrustManagers(), null);
      return of(context);
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("TLS can't be set up: " + e.getMessage(), e);
    }
  }

  /** The same, for certificates that don't carry the names of their servers. */
  public TlsOptions withoutHostnameVerification() {
    return new TlsOptions(context, false);
  }

  private static KeyStore load(Path file, char[] password) throws GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      // Reads both formats: the JDK looks at what the file begins with.
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, password);
      return store;
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " can't be read: " + e.getMessage(), e);
    }
  }
}
