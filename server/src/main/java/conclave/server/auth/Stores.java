package conclave.server.auth;

import conclave.server.config.ServerConfig.Store;
import conclave.server.config.ServerConfig.StoreType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files of keys and certificates. */
final class Stores {

  private static final Pattern PEM_CERTIFICATE =
      Pattern.compile(
          "-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----.*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----",
          Pattern.DOTALL);

  private Stores() {}

  /** The type that is given, or that the ending of the name tells. */
  static StoreType typeOf(Store store, Path location) throws TlsException {
    StoreType type = store.type();
    if (type != null) {
      return type;
    }
    String name = location.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".jks")) {
      return StoreType.JKS;
    } else if (name.endsWith(".pem")) {
      return StoreType.PEM;
    } else if (name.endsWith(".p12")) {
      return StoreType.PKCS12;
    } else if (name.endsWith(".bcfks")) {
      return StoreType.BCFKS;
    }
    throw new TlsException(
        location
            + ": the name does not tell the type of the store; set its .type to JKS, PEM, PKCS12 or BCFKS");
  }

  /** The password in the file when there is one, else the one given, else an empty one. */
  static char[] password(Store store) throws TlsException {
    Path file = store.passwordPath();
    if (file == null) {
      return store.password() == null ? new char[0] : store.password().text().toCharArray();
    }
    try {
      return Files.readString(file).stripTrailing().toCharArray();
    } catch (IOException e) {
      throw new TlsException(file + ": the password cannot be read", e);
    }
  }

  /** Loads a store that is not a PEM file. */
  static KeyStore load(Store store, Path location) throws TlsException {
    StoreType type = typeOf(store, location);
    try (InputStream in = Files.newInputStream(location)) {
      KeyStore keys = KeyStore.getInstance(type.name());
      keys.load(in, password(store));
      return keys;
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsException(location + ": cannot be loaded as " + type, e);
    }
  }

  /** The certificates of any kind of store, to be trusted. */
  static KeyStore loadTrusted(Store store, Path location) throws TlsException {
    if (typeOf(store, location) != StoreType.PEM) {
      return load(store, location);
    }
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate certificate : pemCertificates(location)) {
        trusted.setCertificateEntry("certificate" + number++, certificate);
      }
      return trusted;
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsException(location + ": cannot be loaded as PEM", e);
    }
  }

  private static List<Certificate> pemCertificates(Path location)
      throws IOException, GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<Certificate> certificates = new ArrayList<>();
    Matcher matcher =
        PEM_CERTIFICATE.matcher(Files.readString(location, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      byte[] block = matcher.group().getBytes(StandardCharsets.ISO_8859_1);
      certificates.add(factory.generateCertificate(new ByteArrayInputStream(block)));
    }
    if (certificates.isEmpty()) {
      throw new IOException("there is no certificate in it");
    }
    return certificates;
  }
}
