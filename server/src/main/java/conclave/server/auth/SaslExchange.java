package conclave.server.auth;

import java.util.Map;
import java.util.function.UnaryOperator;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one client, or of one server among others, from its first token to a name that is
 * proven. One thread at a time.
 */
public final class SaslExchange {
  static final String MECHANISM = "DIGEST-MD5";

  private final Mechanism mechanism;
  private final Map<String, String> passwords;
  private final UnaryOperator<String> names;
  private @Nullable SaslServer server;

  /** Begins to listen. */
  @FunctionalInterface
  private interface Mechanism {
    @Nullable SaslServer begin(CallbackHandler handler) throws SaslException;
  }

  private SaslExchange(
      Mechanism mechanism, Map<String, String> passwords, UnaryOperator<String> names) {
    this.mechanism = mechanism;
    this.passwords = passwords;
    this.names = names;
  }

  /**
   * By name and password.
   *
   * @param protocol like the name of the server, a part of what is hashed; both are wired into
   *     ZooKeeper
   */
  static SaslExchange digest(String protocol, String serverName, Map<String, String> passwords) {
    return new SaslExchange(
        handler -> Sasl.createSaslServer(MECHANISM, protocol, serverName, null, handler),
        passwords,
        UnaryOperator.identity());
  }

  /** By a ticket. */
  static SaslExchange kerberos(KerberosAcceptor acceptor) {
    return new SaslExchange(acceptor::begin, Map.of(), acceptor::nameOf);
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
      begun = mechanism.begin(this::handle);
      if (begun == null) {
        throw new SaslException("this JVM does not have the mechanism");
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
        authorize.setAuthorizedID(names.apply(authorize.getAuthenticationID()));
      }
    }
  }
}
