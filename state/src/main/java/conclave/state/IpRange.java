package conclave.state;

import org.jspecify.annotations.Nullable;

/**
 * Ids of the scheme {@code ip}: an IPv4 or IPv6 address, or a range as {@code address/bits}. An
 * IPv4 address and its form inside IPv6 are different addresses here, as in Apache ZooKeeper.
 */
final class IpRange {

  private static final int V6_GROUPS = 8;
  private static final int MAX_HEX_DIGITS = 4;

  private IpRange() {}

  static boolean isValid(String range) {
    return prefixBits(range) >= 0;
  }

  static boolean matches(String range, String address) {
    int bits = prefixBits(range);
    byte[] wanted = bits < 0 ? null : parse(addressOf(range));
    byte[] found = parse(address);
    if (wanted == null || found == null || wanted.length != found.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      int bitsHere = Math.max(0, Math.min(8, bits - 8 * i));
      int mask = 0xff00 >> bitsHere & 0xff;
      if (((wanted[i] ^ found[i]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  private static String addressOf(String range) {
    int slash = range.indexOf('/');
    return slash < 0 ? range : range.substring(0, slash);
  }

  /** How many leading bits count, or -1 when the range is malformed. */
  private static int prefixBits(String range) {
    byte[] address = parse(addressOf(range));
    if (address == null) {
      return -1;
    }
    int slash = range.indexOf('/');
    int all = 8 * address.length;
    int bits = slash < 0 ? all : number(range.substring(slash + 1), 10);
    return bits <= all ? bits : -1;
  }

  private static byte @Nullable [] parse(String address) {
    if (address.indexOf(':') >= 0) {
      return parseV6(address);
    }
    return parseV4(address);
  }

  private static byte @Nullable [] parseV4(String address) {
    String[] parts = address.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      int value = number(parts[i], 10);
      if (value < 0 || value > 255) {
        return null;
      }
      bytes[i] = (byte) value;
    }
    return bytes;
  }

  private static byte @Nullable [] parseV6(String address) {
    String[] halves = address.split("::", -1);
    if (halves.length > 2) {
      return null;
    }
    String[] head = groups(halves[0]);
    String[] tail = halves.length == 2 ? groups(halves[1]) : new String[0];
    boolean complete =
        halves.length == 1 ? head.length == V6_GROUPS : head.length + tail.length < V6_GROUPS;
    byte[] bytes = new byte[2 * V6_GROUPS];
    boolean wellFormed =
        complete && put(head, bytes, 0) && put(tail, bytes, bytes.length - 2 * tail.length);
    return wellFormed ? bytes : null;
  }

  private static String[] groups(String half) {
    return half.isEmpty() ? new String[0] : half.split(":", -1);
  }

  private static boolean put(String[] groups, byte[] bytes, int offset) {
    int at = offset;
    for (String group : groups) {
      if (group.length() > MAX_HEX_DIGITS || !isNumber(group, 16)) {
        return false;
      }
      int value = Integer.parseInt(group, 16);
      bytes[at++] = (byte) (value >> 8);
      bytes[at++] = (byte) value;
    }
    return true;
  }

  /** A number that is not negative, or -1. */
  private static int number(String text, int radix) {
    return isNumber(text, radix) ? Integer.parseInt(text, radix) : -1;
  }

  /** Whether {@link Integer#parseInt} takes it; it takes a sign too, and so does Apache. */
  private static boolean isNumber(String text, int radix) {
    try {
      Integer.parseInt(text, radix);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
