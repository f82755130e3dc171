package conclave.protocol;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The pieces that addresses are written in, in configurations and greetings. */
final class AddressText {
  private AddressText() {}

  /** Splits at colons, except those inside the brackets of an IPv6 address. */
  static String[] split(String text) {
    if (!text.startsWith("[")) {
      return text.split(":", -1);
    }
    int close = text.indexOf(']');
    if (close < 0) {
      throw new MalformedRecordException("no closing bracket: " + text);
    }
    String host = text.substring(1, close);
    if (close + 1 == text.length()) {
      return new String[] {host};
    }
    if (text.charAt(close + 1) != ':') {
      throw new MalformedRecordException("no colon behind the bracket: " + text);
    }
    String[] rest = text.substring(close + 2).split(":", -1);
    String[] parts = new String[rest.length + 1];
    parts[0] = host;
    System.arraycopy(rest, 0, parts, 1, rest.length);
    return parts;
  }

  static int port(String text) {
    long port = number(text);
    if (port < 0 || port > 0xffff) {
      throw new MalformedRecordException("not a port: " + text);
    }
    return (int) port;
  }

  static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new MalformedRecordException("not a number: " + text);
    }
  }

  /**
   * A host as Apache prints it: the JDK that it asks writes an IPv6 address with all its eight
   * groups, however it was given, and one that stands for an IPv4 address as that.
   */
  static String printed(String host) {
    if (host.indexOf(':') < 0) {
      return host;
    }
    int zone = host.indexOf('%');
    int[] groups = ipv6Groups(zone < 0 ? host : host.substring(0, zone));
    if (groups == null) {
      return HostPort.bracketed(host);
    }
    if (isIpv4(groups)) {
      return (groups[6] >> 8)
          + "."
          + (groups[6] & 0xff)
          + "."
          + (groups[7] >> 8)
          + "."
          + (groups[7] & 0xff);
    }
    String text =
        Arrays.stream(groups).mapToObj(Integer::toHexString).collect(Collectors.joining(":"));
    return "[" + text + (zone < 0 ? "" : host.substring(zone)) + "]";
  }

  private static boolean isIpv4(int[] groups) {
    return groups[5] == 0xffff && Arrays.stream(groups, 0, 5).allMatch(group -> group == 0);
  }

  /** The eight groups of an address; null when the text isn't one. */
  private static int @Nullable [] ipv6Groups(String text) {
    int gap = text.indexOf("::");
    int[] groups = new int[8];
    if (gap < 0) {
      return fill(groups, text) == 8 ? groups : null;
    }
    int before = fill(groups, text.substring(0, gap));
    int[] tail = new int[8];
    int after = fill(tail, text.substring(gap + 2));
    if (before < 0 || after < 0 || before + after > 7) {
      return null;
    }
    System.arraycopy(tail, 0, groups, 8 - after, after);
    return groups;
  }

  /** Puts the groups in {@code text} into the array; how many, or &minus;1 if it is not groups. */
  private static int fill(int[] groups, String text) {
    if (text.isEmpty()) {
      return 0;
    }
    int at = 0;
    for (String part : text.split(":", -1)) {
      boolean dotted = part.indexOf('.') >= 0;
      if (at + (dotted ? 2 : 1) > groups.length) {
        return -1;
      }
      if (dotted) {
        String[] bytes = part.split("\\.", -1);
        if (bytes.length != 4) {
          return -1;
        }
        groups[at++] = digits(bytes[0], 10, 255) << 8 | digits(bytes[1], 10, 255);
        groups[at++] = digits(bytes[2], 10, 255) << 8 | digits(bytes[3], 10, 255);
        if (groups[at - 1] < 0 || groups[at - 2] < 0) {
          return -1;
        }
      } else {
        groups[at] = digits(part, 16, 0xffff);
        if (groups[at++] < 0) {
          return -1;
        }
      }
    }
    return at;
  }

  private static int digits(String text, int radix, int max) {
    if (text.isEmpty() || text.length() > 4) {
      return -1;
    }
    try {
      int value = Integer.parseUnsignedInt(text, radix);
      return value < 0 || value > max ? -1 : value;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
