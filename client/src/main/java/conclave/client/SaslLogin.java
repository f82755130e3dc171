package conclave.client;

import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.RealmChoiceCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of one SASL exchange: what to answer to each of the server's tokens. Each step
 * may take as long as a key distribution centre takes to answer, or not to answer. Belongs to one
 * thread after the other, and knows of none.
 */
final class SaslLogin {
  /** What Apache's servers call themselves towards DIGEST-MD5, whatever their host. */
  private static final String DIGEST_PROTOCOL = "zookeeper";

  private static final String DIGEST_REALM = "zk-sasl-md5";

  private static final byte[] NOTHING = new byte[0];

  private final SaslClient client;
  private final @Nullable Subject subject;

  private SaslLogin(SaslClient client, @Nullable Subject subject) {
    this.client = client;
    this.subject = subject;
  }

  /** Begins an exchange with a server that was connected to by this name. */
  static SaslLogin begin(SaslOptions options, String serverHost) throws SaslException {
    if (options instanceof SaslOptions.Digest digest) {
      return new SaslLogin(
          created(
              Sasl.createSaslClient(
                  new String[] {"DIGEST-MD5"},
                  digest.user(),
                  DIGEST_PROTOCOL,
                  DIGEST_REALM,
                  Map.of(),
                  callbacks -> answer(digest, callbacks)),
              "DIGEST-MD5"),
          null);
    }
    return kerberos((SaslOptions.Kerberos) options, serverHost);
  }

  private static SaslLogin kerberos(SaslOptions.Kerberos kerberos, String serverHost)
      throws SaslException {
    Subject subject;
    try {
      LoginContext login = new LoginContext(kerberos.section());
      login.login();
      subject = login.getSubject();
    } catch (LoginException e) {
      throw new SaslException(
          "the login by the JAAS section " + kerberos.section() + " failed: " + e.getMessage(), e);
    }
    String host = kerberos.host() == null ? serverHost : kerberos.host();
    SaslClient client =
        as(
            subject,
            () ->
                created(
                    Sasl.createSaslClient(
                        new String[] {"GSSAPI"}, null, kerberos.service(), host, Map.of(), null),
                    "GSSAPI"));
    return new SaslLogin(client, subject);
  }

  private static SaslClient created(@Nullable SaslClient client, String mechanism)
      throws SaslException {
    if (client == null) {
      throw new SaslException("this JVM does not offer " + mechanism);
    }
    return client;
  }

  private static void answer(SaslOptions.Digest digest, Callback[] callbacks)
      throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback name) {
        name.setName(digest.user());
      } else if (callback instanceof PasswordCallback password) {
        password.setPassword(digest.password().toCharArray());
      } else if (callback instanceof RealmCallback realm) {
        realm.setText(realm.getDefaultText());
      } else if (callback instanceof RealmChoiceCallback choice) {
        choice.setSelectedIndex(choice.getDefaultChoice());
      } else {
        throw new UnsupportedCallbackException(callback);
      }
    }
  }

  /** The first token: empty for mechanisms in which the server speaks first. */
  byte[] firstToken() throws SaslException {
    return client.hasInitialResponse() ? respond(NOTHING) : NOTHING;
  }

  /** The answer to a token of the server; null when there is nothing more to say. */
  byte @Nullable [] next(byte[] token) throws SaslException {
    if (client.isComplete()) {
      return null;
    }
    byte[] answer = respond(token);
    return answer.length == 0 && client.isComplete() ? null : answer;
  }

  private byte[] respond(byte[] token) throws SaslException {
    byte[] answer =
        subject == null
            ? client.evaluateChallenge(token)
            : as(subject, () -> client.evaluateChallenge(token));
    return answer == null ? NOTHING : answer;
  }

  /** Kerberos finds its tickets in the subject of the running thread. */
  @SuppressWarnings("removal") // Subject.callAs, which replaces it, is not in Java 17.
  private static <T> T as(Subject subject, PrivilegedExceptionAction<T> action)
      throws SaslException {
    try {
      return Subject.doAs(subject, action);
    } catch (PrivilegedActionException e) {
      if (e.getCause() instanceof SaslException cause) {
        throw cause;
      }
      throw new SaslException("the SASL exchange failed", e.getCause());
    }
  }
}
