package conclave.server.auth;

import conclave.server.config.ServerConfig.QuorumSecurity;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;

/**
 * What servers prove to each other by SASL. Who connects has a name and a password in the JAAS
 * section {@code QuorumLearner}; who is connected to knows names and passwords from the section
 * {@code QuorumServer}, as {@code user_<name>="<password>"}. Both are options of Apache's {@code
 * DigestLoginModule}, whose class is not needed. Of SASL there is DIGEST-MD5 only.
 */
public final class QuorumSasl {
  private static final String DIGEST_MODULE = "DigestLoginModule";
  private static final String USER_PREFIX = "user_";

  /** Both are part of what is hashed. */
  private static final String PROTOCOL = "zookeeper-quorum";

  private static final String SERVER_NAME = "zk-quorum-sasl-md5";

  private final QuorumSecurity settings;
  private final Map<String, String> passwords;
  private final String user;
  private final String password;

  private QuorumSasl(
      QuorumSecurity settings, Map<String, String> passwords, String user, String password) {
    this.settings = settings;
    this.passwords = Map.copyOf(passwords);
    this.user = user;
    this.password = password;
  }

  /**
   * Reads both sections.
   *
   * @throws SaslSetupException when one is missing, or asks for something else than DIGEST-MD5
   */
  public static QuorumSasl open(QuorumSecurity settings) throws SaslSetupException {
    Map<String, ?> learner = options(settings.learnerLoginContext());
    if (settings.learnerRequiresSasl() && settings.tls().fipsMode()) {
      throw new SaslSetupException(
          "quorum.auth.learnerRequireSasl with names and passwords is DIGEST-MD5, which needs fips-mode=false");
    }
    Map<String, String> passwords = new HashMap<>();
    options(settings.serverLoginContext())
        .forEach(
            (key, value) -> {
              if (key.startsWith(USER_PREFIX)) {
                passwords.put(key.substring(USER_PREFIX.length()), String.valueOf(value));
              }
            });
    return new QuorumSasl(
        settings, passwords, text(learner, "username"), text(learner, "password"));
  }

  private static String text(Map<String, ?> options, String key) {
    Object value = options.get(key);
    return value == null ? "" : value.toString();
  }

  private static Map<String, ?> options(String section) throws SaslSetupException {
    AppConfigurationEntry[] entries;
    try {
      entries = Configuration.getConfiguration().getAppConfigurationEntry(section);
    } catch (SecurityException e) {
      throw new SaslSetupException(
          "quorum.auth.enableSasl: the JAAS configuration can't be used", e);
    }
    if (entries == null || entries.length == 0) {
      throw new SaslSetupException(
          "quorum.auth.enableSasl needs the section " + section + " in the JAAS configuration");
    }
    for (AppConfigurationEntry entry : entries) {
      if (!entry.getLoginModuleName().endsWith(DIGEST_MODULE)) {
        throw new SaslSetupException(
            "not in this version: "
                + entry.getLoginModuleName()
                + " of the JAAS section "
                + section
                + "; among servers there is "
                + DIGEST_MODULE
                + " only");
      }
    }
    return entries[0].getOptions();
  }

  /** Whether who connects to us must prove who it is; otherwise it only may. */
  public boolean required() {
    return settings.serverRequiresSasl();
  }

  /** Whether we prove who we are when we connect to others. */
  public boolean proves() {
    return settings.learnerRequiresSasl();
  }

  /** Begins to listen to somebody who has connected. */
  public SaslExchange begin() {
    return SaslExchange.digest(PROTOCOL, SERVER_NAME, passwords);
  }

  /** Begins to prove to somebody who we are. */
  public SaslClient newProof() throws SaslException {
    SaslClient client =
        Sasl.createSaslClient(
            new String[] {SaslExchange.MECHANISM}, user, PROTOCOL, SERVER_NAME, null, this::handle);
    if (client == null) {
      throw new SaslException("this JVM has no " + SaslExchange.MECHANISM);
    }
    return client;
  }

  private void handle(Callback[] callbacks) {
    for (Callback callback : callbacks) {
      if (callback instanceof RealmCallback realm) {
        realm.setText(realm.getDefaultText());
      } else if (callback instanceof NameCallback name) {
        name.setName(user);
      } else if (callback instanceof PasswordCallback secret) {
        secret.setPassword(password.toCharArray());
      }
    }
  }
}
