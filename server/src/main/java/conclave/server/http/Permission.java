package conclave.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What somebody may do who asks for a command that is not for everybody. */
public enum Permission {
  /** The proof proves nothing. */
  UNKNOWN,
  /** Somebody without permissions on the root. */
  FORBIDDEN,
  PERMITTED;

  /** Knows what proofs are worth. */
  public interface Judge {
    /** What somebody may do who proves this. */
    Permission permission(String scheme, byte[] proof);
  }

  /** As a page says it; null for who is permitted. */
  static @Nullable Page refusal(String command, Visit visit, Judge judge) {
    return switch (of(visit.authorization(), judge)) {
      case UNKNOWN ->
          AdminSite.answer(401, command, "Say who you are: Authorization: digest user:password");
      case FORBIDDEN -> AdminSite.answer(403, command, "Not permitted: no permissions on /");
      case PERMITTED -> null;
    };
  }

  private static Permission of(@Nullable String authorization, Judge judge) {
    String text = authorization == null ? "" : authorization.strip();
    int space = text.indexOf(' ');
    return space < 0
        ? UNKNOWN
        : judge.permission(
            text.substring(0, space).toLowerCase(Locale.ROOT),
            text.substring(space + 1).strip().getBytes(StandardCharsets.UTF_8));
  }
}
