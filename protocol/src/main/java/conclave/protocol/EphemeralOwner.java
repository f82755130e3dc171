package conclave.protocol;

/**
 * The 64 bits that a znode keeps about what makes it go away.
 *
 * <pre>
 * 0                        persistent
 * 0x8000000000000000       container
 * 0xFF ffff tttttttttt     TTL: feature number in 2 bytes (0), milliseconds in 5 bytes
 * anything else            the id of the session that owns an ephemeral
 * </pre>
 *
 * <p>The TTL form is understood only when extended types are enabled; it takes the server ids whose
 * top byte it uses. A container's form is always understood. (Apache's {@code EphemeralType}.)
 */
public final class EphemeralOwner {
  public static final long CONTAINER = 0x8000000000000000L;
  public static final long MAX_TTL_MS = 0xFFFFFFFFFFL;

  private static final long TTL_MARK = 0xFF00000000000000L;
  private static final long FEATURE_MASK = 0x00FFFF0000000000L;

  private EphemeralOwner() {}

  public static boolean isContainer(long owner) {
    return owner == CONTAINER;
  }

  public static boolean isTtl(long owner, boolean extendedTypes) {
    return extendedTypes && (owner & TTL_MARK) == TTL_MARK && (owner & FEATURE_MASK) == 0;
  }

  public static boolean isSession(long owner, boolean extendedTypes) {
    return owner != 0 && owner != CONTAINER && !isTtl(owner, extendedTypes);
  }

  public static long ofTtl(long ttlMs) {
    if (ttlMs <= 0 || ttlMs > MAX_TTL_MS) {
      throw new IllegalArgumentException("ttlMs=" + ttlMs + " max=" + MAX_TTL_MS);
    }
    return TTL_MARK | ttlMs;
  }

  public static long ttlMs(long owner) {
    return owner & MAX_TTL_MS;
  }
}
