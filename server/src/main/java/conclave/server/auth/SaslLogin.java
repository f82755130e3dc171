package conclave.server.auth;

import conclave.server.config.ServerConfig.Security;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What clients can prove by SASL: names and passwords of a section of the JAAS file ({@code
 * java.security.auth.login.config}), as {@code user_<name>="<password>"} options of Apache's {@code
 * DigestLoginModule}. The module's class is not needed.
 *
 * <p>ZooKeeper's server offers DIGEST-MD5 also in fips mode, which binds clients only; so does this
 * one.
 */
public final class SaslLogin {
  private static final Logger LOG = LoggerFactory.getLogger(SaslLogin.class);
  private static final String DIGEST_MODULE = "DigestLoginModule";
  private static final String USER_PREFIX = "user_";
  private static final String SUPER = "super";

  private final Map<String, String> passwords;

  private SaslLogin(Map<String, String> passwords) {
    this.passwords = Map.copyOf(passwords);
  }

  /**
   * Looks the section up; null when there is none, and nobody can prove anything by SASL.
   *
   * @throws SaslSetupException when the JAAS file can't be read, or what was asked for by name is
   *     not in it
   */
  public static @Nullable SaslLogin open(Security security) throws SaslSetupException {
    AppConfigurationEntry[] entries;
    try {
      entries = Configuration.getConfiguration().getAppConfigurationEntry(security.saslSection());
    } catch (SecurityException e) {
      if (security.saslWanted()) {
        throw new SaslSetupException("The JAAS configuration can't be used", e);
      }
      return null;
    }
    return entries == null ? null : of(security, entries);
  }

  private static @Nullable SaslLogin of(Security security, AppConfigurationEntry[] entries) {
    Map<String, String> passwords = new HashMap<>();
    boolean digest = false;
    for (AppConfigurationEntry entry : entries) {
      if (entry.getLoginModuleName().endsWith(DIGEST_MODULE)) {
        digest = true;
        entry
            .getOptions()
            .forEach(
                (key, value) -> {
                  if (key.startsWith(USER_PREFIX)) {
                    passwords.put(key.substring(USER_PREFIX.length()), String.valueOf(value));
                  }
                });
      } else {
        LOG.warn(
            "not in this version: {} of the JAAS section {}; of SASL there is DIGEST-MD5 only",
            entry.getLoginModuleName(),
            security.saslSection());
      }
    }
    if (passwords.containsKey(SUPER) && security.saslSuperPassword() != null) {
      passwords.put(SUPER, security.saslSuperPassword().text());
    }
    return digest ? new SaslLogin(passwords) : null;
  }

  /** Begins to listen to one client. */
  public SaslExchange begin() {
    return new SaslExchange("zookeeper", "zk-sasl-md5", passwords);
  }
}
