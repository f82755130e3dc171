package conclave.server.auth;

import conclave.server.config.ServerConfig.Security;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What clients can prove by SASL, as a section of the JAAS file ({@code
 * java.security.auth.login.config}) says. Either names and passwords, as {@code
 * user_<name>="<password>"} options of Apache's {@code DigestLoginModule}, whose class is not
 * needed; or tickets of Kerberos, with the keys that {@code Krb5LoginModule} finds.
 *
 * <p>ZooKeeper's server offers DIGEST-MD5 also in fips mode, which binds clients only; so does this
 * one.
 */
public final class SaslLogin {
  private static final Logger LOG = LoggerFactory.getLogger(SaslLogin.class);
  private static final String DIGEST_MODULE = "DigestLoginModule";
  private static final String KERBEROS_MODULE = "Krb5LoginModule";
  private static final String USER_PREFIX = "user_";
  private static final String SUPER = "super";

  private final Supplier<SaslExchange> exchanges;

  private SaslLogin(Supplier<SaslExchange> exchanges) {
    this.exchanges = exchanges;
  }

  /**
   * Looks the section up; null when there is none, and nobody can prove anything by SASL.
   *
   * @throws SaslSetupException when the JAAS file can't be read, what was asked for by name is not
   *     in it, or Kerberos does not let the server in
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

  private static @Nullable SaslLogin of(Security security, AppConfigurationEntry[] entries)
      throws SaslSetupException {
    Map<String, String> passwords = new HashMap<>();
    boolean digest = false;
    boolean kerberos = false;
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
      } else if (entry.getLoginModuleName().endsWith(KERBEROS_MODULE)) {
        kerberos = true;
      } else {
        LOG.warn(
            "not in this version: {} of the JAAS section {}; of SASL there are DIGEST-MD5 and"
                + " GSSAPI",
            entry.getLoginModuleName(),
            security.saslSection());
      }
    }
    if (passwords.containsKey(SUPER) && security.saslSuperPassword() != null) {
      passwords.put(SUPER, security.saslSuperPassword().text());
    }
    if (kerberos) {
      // Who has a principal offers Kerberos and nothing else, in Apache too.
      return kerberos(security);
    }
    Map<String, String> known = Map.copyOf(passwords);
    return digest
        ? new SaslLogin(() -> SaslExchange.digest("zookeeper", "zk-sasl-md5", known))
        : null;
  }

  private static SaslLogin kerberos(Security security) throws SaslSetupException {
    String rules = security.kerberos().authToLocal();
    if (rules != null && !rules.strip().equals("DEFAULT")) {
      LOG.warn(
          "not in this version: security.auth_to_local={}; principals keep their names", rules);
    }
    KerberosAcceptor acceptor = KerberosAcceptor.login(security.saslSection(), security.kerberos());
    return new SaslLogin(() -> SaslExchange.kerberos(acceptor));
  }

  /** Begins to listen to one client. */
  public SaslExchange begin() {
    return exchanges.get();
  }
}
