package conclave.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import conclave.server.config.ServerConfig.Security;
import conclave.server.config.ZooCfg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What sections of a JAAS file make of a server. */
class SaslLoginTest {
  @TempDir Path dir;

  @AfterEach
  void forget() {
    Configuration.setConfiguration(null);
    System.clearProperty("java.security.krb5.conf");
  }

  private static void section(String module, Map<String, String> options) {
    Configuration.setConfiguration(
        new Configuration() {
          @Override
          public AppConfigurationEntry @Nullable [] getAppConfigurationEntry(String name) {
            return name.equals("Server")
                ? new AppConfigurationEntry[] {
                  new AppConfigurationEntry(module, LoginModuleControlFlag.REQUIRED, options)
                }
                : null;
          }
        });
  }

  private static Security security() throws Exception {
    return ZooCfg.parse("dataDir=/d\nclientPort=0\n", Map.of()).security();
  }

  @Test
  void passwordsNeedNoModule() throws Exception {
    section("org.example.DigestLoginModule", Map.of("user_bob", "secret"));
    assertThat(SaslLogin.open(security())).isNotNull();
  }

  @Test
  void anotherModuleIsNothingToLogInBy() throws Exception {
    section("org.example.OtherModule", Map.of());
    assertThat(SaslLogin.open(security())).isNull();
  }

  @Test
  void aServerThatKerberosDoesNotLetInDoesNotStart() throws Exception {
    Path krb5 =
        Files.writeString(dir.resolve("krb5.conf"), "[libdefaults]\n default_realm = A.TEST\n");
    System.setProperty("java.security.krb5.conf", krb5.toString());
    section(
        "com.sun.security.auth.module.Krb5LoginModule",
        Map.of(
            "useKeyTab", "true",
            "keyTab", dir.resolve("missing").toString(),
            "storeKey", "true",
            "refreshKrb5Config", "true",
            "principal", "zookeeper/localhost@A.TEST"));
    assertThatThrownBy(() -> SaslLogin.open(security()))
        .isInstanceOf(SaslSetupException.class)
        .hasMessageStartingWith("The Kerberos login by the JAAS section Server: ");
  }

  @Test
  void clientsCanOnlyProveSomethingToAServiceOnAHost() throws Exception {
    Path krb5 =
        Files.writeString(dir.resolve("krb5.conf"), "[libdefaults]\n default_realm = A.TEST\n");
    System.setProperty("java.security.krb5.conf", krb5.toString());
    // Who only accepts need not ask anybody.
    section(
        "com.sun.security.auth.module.Krb5LoginModule",
        Map.of(
            "useKeyTab", "true",
            "keyTab", dir.resolve("missing").toString(),
            "storeKey", "true",
            "isInitiator", "false",
            "refreshKrb5Config", "true",
            "principal", "somebody@A.TEST"));
    assertThatThrownBy(() -> SaslLogin.open(security()))
        .isInstanceOf(SaslSetupException.class)
        .hasMessageContaining("service/host@REALM");
  }
}
