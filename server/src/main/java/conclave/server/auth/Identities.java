package conclave.server.auth;

import conclave.protocol.ClientInfo;
import conclave.protocol.Id;
import conclave.server.admin.Counter;
import conclave.server.admin.Recorder;
import conclave.server.admin.ServerMetrics;
import conclave.server.config.ServerConfig.Security;
import conclave.state.AuthSchemes;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The ids that a connection has: its address from the start, those of its certificate after the TLS
 * handshake, and what it proves by auth requests. Safe for all threads; nothing here blocks.
 */
public final class Identities {

  private static final String IP = "ip";
  private static final String DIGEST = "digest";
  private static final String SASL = "sasl";
  private static final String X509 = "x509";
  private static final String ENSEMBLE = "ensemble";
  private static final String SUPER = "super";

  private final Security security;
  private final AuthSchemes schemes;
  private final Recorder recorder;

  /** The metrics count what becomes of checks of the ensemble's name. */
  public Identities(Security security, ServerMetrics metrics) {
    this.security = security;
    this.schemes = new AuthSchemes(security.authSchemes(), security.letAnySaslUserDo());
    this.recorder = metrics.newRecorder();
  }

  /** What the rules of access control lists have to know. */
  public AuthSchemes schemes() {
    return schemes;
  }

  /** The ids of a connection that has just come. */
  public List<Id> ofAddress(InetAddress address) {
    return List.of(new Id(IP, address.getHostAddress()));
  }

  /** The ids after a TLS handshake in which the client showed this certificate. */
  public List<Id> withCertificate(List<Id> ids, X509Certificate certificate) {
    String name = certificate.getSubjectX500Principal().getName();
    List<Id> known = name.equals(security.x509SuperUser()) ? with(ids, new Id(SUPER, name)) : ids;
    return with(known, new Id(X509, name));
  }

  /** The ids after a SASL exchange in which the client has proven this name. */
  public List<Id> withSasl(List<Id> ids, String name) {
    List<Id> known = security.saslSuperUsers().contains(name) ? with(ids, new Id(SUPER, "")) : ids;
    return with(known, new Id(SASL, name));
  }

  /** Whether nobody may do anything before it has proven a name by SASL. */
  public boolean requiresSasl() {
    return security.enforcedAuthSchemes().contains(SASL);
  }

  /** Whether who fails to prove a name by SASL may stay, as a client without one. */
  public boolean letsSaslFail() {
    return security.allowSaslFailedClients() && !requiresSasl();
  }

  /**
   * The ids after an auth request.
   *
   * @param proof what the client sent along, for example {@code user:password}
   * @param ids who the client has proven to be so far
   * @return null when the request proves nothing, which is an AUTHFAILED and the end of the
   *     connection
   */
  public @Nullable List<Id> authenticate(String scheme, byte @Nullable [] proof, List<Id> ids) {
    if (!schemes.names().contains(scheme)) {
      return null;
    }
    return switch (scheme) {
      case IP -> ids;
      case DIGEST -> proof == null ? null : withDigest(ids, proof);
      // The handshake has proven it already, or nothing will.
      case X509 -> has(ids, X509) ? ids : null;
      case ENSEMBLE -> isOurEnsemble(proof) ? ids : null;
      // SASL proves by its own exchange, never by an auth request.
      default -> null;
    };
  }

  /**
   * Whether a connection with these ids may do anything at all besides authenticating ({@code
   * enforce.auth.*}).
   */
  public boolean mayAct(List<Id> ids) {
    return security.enforcedAuthSchemes().isEmpty()
        || ids.stream().anyMatch(id -> security.enforcedAuthSchemes().contains(id.scheme()));
  }

  /** The answer to whoAmI: names only, of a digest not even the hash. */
  public List<ClientInfo> whoAmI(List<Id> ids) {
    return ids.stream().map(id -> new ClientInfo(id.scheme(), userName(id))).toList();
  }

  /** The names of these ids, with commas between, for people to read. */
  public String names(List<Id> ids) {
    return ids.stream().map(this::userName).collect(Collectors.joining(","));
  }

  private String userName(Id id) {
    if (!schemes.names().contains(id.scheme())) {
      return "";
    }
    int colon = id.id().indexOf(':');
    return id.scheme().equals(DIGEST) && colon >= 0 ? id.id().substring(0, colon) : id.id();
  }

  private List<Id> withDigest(List<Id> ids, byte[] proof) {
    String digest = digest(security.digestAlgorithm(), new String(proof, StandardCharsets.UTF_8));
    List<Id> known = digest.equals(security.superDigest()) ? with(ids, new Id(SUPER, "")) : ids;
    return with(known, new Id(DIGEST, digest));
  }

  /** {@code user:hash} for {@code user:password}; a text without a colon is all user. */
  public static String digest(String algorithm, String userAndPassword) {
    try {
      byte[] hash =
          MessageDigest.getInstance(algorithm)
              .digest(userAndPassword.getBytes(StandardCharsets.UTF_8));
      int colon = userAndPassword.indexOf(':');
      String user = colon < 0 ? userAndPassword : userAndPassword.substring(0, colon);
      return user + ":" + Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(
          "algorithm=" + algorithm + " was there when the configuration was read", e);
    }
  }

  /** A client that names no ensemble, or a server that expects none, is let through. */
  private boolean isOurEnsemble(byte @Nullable [] name) {
    if (name == null || name.length == 0 || security.ensembleAuthNames().isEmpty()) {
      count(Counter.ENSEMBLE_AUTH_SKIP);
      return true;
    }
    boolean ours = security.ensembleAuthNames().contains(new String(name, StandardCharsets.UTF_8));
    count(ours ? Counter.ENSEMBLE_AUTH_SUCCESS : Counter.ENSEMBLE_AUTH_FAIL);
    return ours;
  }

  /** All event loops share this one recorder, which takes one writer at a time. */
  private void count(Counter counter) {
    synchronized (recorder) {
      recorder.count(counter);
    }
  }

  private static boolean has(List<Id> ids, String scheme) {
    return ids.stream().anyMatch(id -> id.scheme().equals(scheme));
  }

  private static List<Id> with(List<Id> ids, Id id) {
    if (ids.contains(id)) {
      return ids;
    }
    List<Id> more = new ArrayList<>(ids);
    more.add(id);
    return List.copyOf(more);
  }
}
