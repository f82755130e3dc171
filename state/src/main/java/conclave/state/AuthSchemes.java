package conclave.state;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The schemes of authentication that a server knows. One that it does not know can neither be put
 * into a list nor let anybody in.
 *
 * @param names of {@code ip}, {@code digest}, {@code x509}, {@code sasl} and {@code ensemble}
 * @param anySaslUserName an entry of scheme {@code sasl} with this name lets every SASL user in
 *     ({@code letAnySaslUserDoX})
 */
public record AuthSchemes(Set<String> names, @Nullable String anySaslUserName) {

  /** What a server has that is not configured otherwise. */
  public static final AuthSchemes DEFAULT = new AuthSchemes(Set.of("ip", "digest"), null);

  public AuthSchemes {
    names = Set.copyOf(names);
  }

  /**
   * Whether an id of this scheme proves who somebody is, and so is what {@code auth} stands for. An
   * address does not.
   */
  boolean isAuthenticated(String scheme) {
    return names.contains(scheme) && !scheme.equals("ip") && !scheme.equals("ensemble");
  }
}
