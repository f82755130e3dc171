package conclave.protocol;

import java.security.MessageDigest;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The 16 bytes that prove a session is the client's.
 *
 * <p>They follow from the session's id alone, as in Apache: every server of an ensemble, of either
 * make, must be able to check them without having seen the session before.
 */
public final class SessionPassword {
  public static final int LENGTH = 16;

  private static final long SECRET = 0xB3415C00L;

  private SessionPassword() {}

  public static byte[] of(long sessionId) {
    byte[] password = new byte[LENGTH];
    new Random(sessionId ^ SECRET).nextBytes(password);
    return password;
  }

  /** Whether {@code presented} is the password of that session. */
  public static boolean matches(long sessionId, byte @Nullable [] presented) {
    return sessionId != 0 && presented != null && MessageDigest.isEqual(of(sessionId), presented);
  }
}
