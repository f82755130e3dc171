package conclave.server.auth;

import conclave.server.config.ServerConfig.Kerberos;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.kerberos.KerberosPrincipal;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.jspecify.annotations.Nullable;

/**
 * A service that Kerberos knows: the keys that a section of the JAAS file names, and who somebody
 * is to be called who shows a ticket for it.
 *
 * <p>The keys are those of a keytab and do not expire, so there is nothing to renew.
 */
final class KerberosAcceptor {
  private final Subject subject;
  private final String service;
  private final String host;
  private final Kerberos naming;

  private KerberosAcceptor(Subject subject, String service, String host, Kerberos naming) {
    this.subject = subject;
    this.service = service;
    this.host = host;
    this.naming = naming;
  }

  /**
   * Logs in, for which the module may ask the key distribution centre.
   *
   * @throws SaslSetupException when that fails, or the principal is none of a service on a host
   */
  static KerberosAcceptor login(String section, Kerberos naming) throws SaslSetupException {
    Subject subject;
    try {
      LoginContext login = new LoginContext(section);
      login.login();
      subject = login.getSubject();
    } catch (LoginException e) {
      throw new SaslSetupException("The Kerberos login by the JAAS section " + section, e);
    }
    for (KerberosPrincipal principal : subject.getPrincipals(KerberosPrincipal.class)) {
      String name = principal.getName();
      int slash = name.indexOf('/');
      int at = name.indexOf('@', slash);
      if (slash > 0 && at > slash) {
        return new KerberosAcceptor(
            subject, name.substring(0, slash), name.substring(slash + 1, at), naming);
      }
    }
    throw new SaslSetupException(
        "The JAAS section "
            + section
            + " has the principals "
            + subject.getPrincipals()
            + "; clients can only prove something to one of the form service/host@REALM");
  }

  /** Begins to listen to one client. */
  @SuppressWarnings("removal") // Subject.callAs, which replaces it, is not in Java 17.
  @Nullable SaslServer begin(CallbackHandler handler) throws SaslException {
    try {
      return Subject.doAs(
          subject,
          (PrivilegedExceptionAction<@Nullable SaslServer>)
              () -> Sasl.createSaslServer("GSSAPI", service, host, Map.of(), handler));
    } catch (PrivilegedActionException e) {
      throw new SaslException("the keys of " + service + "/" + host + " can't be used", e);
    }
  }

  /**
   * What a principal, {@code name@REALM} or {@code name/host@REALM}, is called in access control
   * lists: as Apache does it with the default rules.
   */
  String nameOf(String principal) {
    int at = principal.indexOf('@');
    String local = at < 0 ? principal : principal.substring(0, at);
    String realm = at < 0 || naming.removeRealmFromPrincipal() ? "" : principal.substring(at);
    int slash = local.indexOf('/');
    return slash >= 0 && naming.removeHostFromPrincipal()
        ? local.substring(0, slash) + realm
        : local + realm;
  }
}
