package conclave.server.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Makes key stores with self-signed certificates by the JDK's keytool, and turns them into other
 * kinds.
 */
public final class Certificates {

  public static final String PASSWORD = "change-it";

  private Certificates() {}

  /** A PKCS12 store with one key; the alternative name may be empty. */
  public static Path keyStore(Path file, String name, String alternativeName)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-genkeypair",
                "-alias",
                "key",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2",
                "-dname",
                name,
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD));
    if (!alternativeName.isEmpty()) {
      arguments.addAll(List.of("-ext", "SAN=" + alternativeName));
    }
    keytool(arguments);
    return file;
  }

  private static void keytool(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    // It lives too short for a second compiler.
    command.add("-J-XX:TieredStopAtLevel=1");
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
  }

  public static KeyStore load(Path pkcs12) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(pkcs12)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, PASSWORD.toCharArray());
      return store;
    }
  }

  /** A store that trusts the certificates of other stores. */
  public static Path trusting(Path file, String type, Path... others)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(type);
    trusted.load(null, null);
    for (Path other : others) {
      trusted.setCertificateEntry(
          other.getFileName().toString(), load(other).getCertificate("key"));
    }
    write(trusted, file);
    return file;
  }

  static Path toJks(Path pkcs12, Path file) throws IOException, GeneralSecurityException {
    KeyStore source = load(pkcs12);
    KeyStore jks = KeyStore.getInstance("JKS");
    jks.load(null, null);
    char[] password = PASSWORD.toCharArray();
    jks.setKeyEntry(
        "key", source.getKey("key", password), password, source.getCertificateChain("key"));
    write(jks, file);
    return file;
  }

  /** Key and certificate in one file, as an operator would have them. */
  static Path toPem(Path pkcs12, Path file) throws IOException, GeneralSecurityException {
    KeyStore source = load(pkcs12);
    String key = pem("PRIVATE KEY", source.getKey("key", PASSWORD.toCharArray()).getEncoded());
    return Files.writeString(file, "# made by a test\n" + key + certificatePem(source));
  }

  static Path toPemCertificate(Path pkcs12, Path file)
      throws IOException, GeneralSecurityException {
    return Files.writeString(file, "# made by a test\n" + certificatePem(load(pkcs12)));
  }

  private static String certificatePem(KeyStore store) throws GeneralSecurityException {
    Certificate certificate = store.getCertificate("key");
    return pem("CERTIFICATE", certificate.getEncoded());
  }

  private static String pem(String kind, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
  }

  private static void write(KeyStore store, Path file)
      throws IOException, GeneralSecurityException {
    try (var out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
  }
}
