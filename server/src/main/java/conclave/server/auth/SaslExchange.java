package conclave.server.auth;

import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.jspecify.annotations.Nullable;

/** One client's way from its first token to a name that is proven. One thread at a time. */
public final class SaslExchange {
  private static final String MECHANISM = "DIGEST-MD5";

  /** Both are part of what is hashed, and wired into ZooKeeper's clients. */
  private static final String PROTOCOL = "zookeeper";

  private static final String SERVER_NAME = "zk-sasl-md5";

  private final Map<String, String> passwords;
  private @Nullable SaslServer server;

  SaslExchange(Map<String, String> passwords) {
    this.passwords = passwords;
  }

  /**
   * Takes a token of the client.
   *
   * @return what to answer
   * @throws SaslException when the client has proven nothing
   */
  public byte @Nullable [] answer(byte[] token) throws SaslException {
    SaslServer begun = server;
    if (begun == null) {
      begun = Sasl.createSaslServer(MECHANISM, PROTOCOL, SERVER_NAME, null, this::handle);
      if (begun == null) {
        throw new SaslException("this JVM has no " + MECHANISM);
      }
      server = begun;
    }
    return begun.evaluateResponse(token);
  }

  /** The name that was proven, null before that. */
  public @Nullable String provenName() {
    SaslServer begun = server;
    return begun != null && begun.isComplete() ? begun.getAuthorizationID() : null;
  }

  private void handle(Callback[] callbacks) {
    String user = null;
    for (Callback callback : callbacks) {
      if (callback instanceof RealmCallback realm) {
        realm.setText(realm.getDefaultText());
      } else if (callback instanceof NameCallback name) {
        user = name.getDefaultName();
        if (passwords.containsKey(user)) {
          name.setName(user);
        }
      } else if (callback instanceof PasswordCallback secret) {
        String password = user == null ? null : passwords.get(user);
        if (password != null) {
          secret.setPassword(password.toCharArray());
        }
      } else if (callback instanceof AuthorizeCallback authorize) {
        // Whoever a client wants to act for, it is who it has proven to be.
        authorize.setAuthorized(true);
        authorize.setAuthorizedID(authorize.getAuthenticationID());
      }
    }
  }
}
