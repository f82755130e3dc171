package conclave.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.cli.common.CommandFailure;
import conclave.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS by the file that zkCli's users have. */
@Timeout(300)
class SecureShellTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path dir;

  @Test
  void aConfigurationFileOfZooKeepersClientBringsTls() throws Exception {
    Path keys = keys();
    Path trust = trusting(keys);
    try (TestServer server =
        TestServer.start(
            "secureClientPort=0",
            "ssl.keyStore.location=" + keys,
            "ssl.keyStore.password=" + PASSWORD,
            "ssl.clientAuth=none")) {
      String secure = "localhost:" + server.server().secureClientPort();
      Path file = dir.resolve("client.properties");
      Files.writeString(
          file,
          "zookeeper.client.secure=true\n"
              + "zookeeper.ssl.trustStore.location="
              + trust
              + "\nzookeeper.ssl.trustStore.password="
              + PASSWORD
              + "\n");
      RecordingConsole console = new RecordingConsole();
      try (Shell shell = shell(console, file.toString(), secure)) {
        assertThat(shell.execute("connect")).as(() -> console.told().toString()).isZero();
        assertThat(shell.execute("ls /")).isZero();
        assertThat(console.printed()).containsExactly("[zookeeper]");
      }
      // Without trust in the server's certificate there is no session, and the sentence says why.
      Files.writeString(
          file,
          "zookeeper.client.secure=true\nzookeeper.ssl.trustStore.location="
              + dir.resolve("none")
              + "\n");
      RecordingConsole other = new RecordingConsole();
      try (Shell shell = shell(other, file.toString(), secure)) {
        assertThat(shell.execute("connect")).isNotZero();
        assertThat(other.told()).hasSize(1);
        assertThat(other.told().get(0)).contains("client.properties").doesNotContain("Exception");
      }
    }
  }

  private static Shell shell(Console console, String file, String servers) throws CommandFailure {
    return new Shell(
        console,
        new Sessions(10_000, false, false, 0, List.of(), file),
        Commands.all("1.2.3", name -> null),
        servers,
        false,
        false);
  }

  /** A key whose certificate trusts itself, for localhost, by the JDK's keytool. */
  private Path keys() throws IOException, InterruptedException {
    Path file = dir.resolve("keys.p12");
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
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    assertThat(keytool.waitFor()).isZero();
    return file;
  }

  private Path trusting(Path keyStore) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance(keyStore.toFile(), PASSWORD.toCharArray());
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("server", keys.getCertificate("key"));
    Path file = dir.resolve("trust.p12");
    try (var out = Files.newOutputStream(file)) {
      trust.store(out, PASSWORD.toCharArray());
    }
    return file;
  }
}
