package conclave.client;

import org.jspecify.annotations.Nullable;

/** How the client logs in by SASL on every connection, before it asks for anything. */
public sealed interface SaslOptions {

  /** By DIGEST-MD5, with a user's name and password as the server's JAAS section has them. */
  record Digest(String user, String password) implements SaslOptions {
    @Override
    public String toString() {
      return "Digest[user=" + user + "]";
    }
  }

  /**
   * By Kerberos (GSSAPI), as the section of the JVM's JAAS configuration says.
   *
   * @param section {@code Client} for most
   * @param service the first part of the servers' principal, {@code zookeeper} for most
   * @param host the second part; null for the name that was connected to
   */
  record Kerberos(String section, String service, @Nullable String host) implements SaslOptions {}
}
