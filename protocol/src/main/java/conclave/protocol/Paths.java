package conclave.protocol;

import org.jspecify.annotations.Nullable;

/** The rules for znode paths, and taking them apart. */
public final class Paths {
  public static final String ROOT = "/";
  public static final String ZOOKEEPER = "/zookeeper";
  public static final String QUOTA = "/zookeeper/quota";
  public static final String CONFIG = "/zookeeper/config";

  private Paths() {}

  /** The parent of a path that is not the root; of {@code /a} it is the root. */
  public static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? ROOT : path.substring(0, slash);
  }

  /** The last segment. */
  public static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The path of a child. */
  public static String child(String parent, String name) {
    return parent.length() == 1 ? parent + name : parent + '/' + name;
  }

  public static boolean isValid(String path) {
    return problem(path) == null;
  }

  /**
   * What is wrong with a path, in words for its author, or null for a valid one: it starts with a
   * slash, does not end in one unless it is the root, has no empty, {@code .} or {@code ..}
   * segment, and no control characters, surrogates, private-use characters or specials
   * (U+0000–001F, 007F–009F, D800–F8FF, FFF0–FFFF).
   */
  public static @Nullable String problem(String path) {
    int length = path.length();
    if (length == 0) {
      return "a path can't be empty";
    }
    if (path.charAt(0) != '/') {
      return "a path starts with /";
    }
    if (length == 1) {
      return null;
    }
    if (path.charAt(length - 1) == '/') {
      return "a path doesn't end with /";
    }
    int segment = 1;
    for (int i = 1; i <= length; i++) {
      char c = i == length ? '/' : path.charAt(i);
      if (c == '/') {
        String problem = segmentProblem(path, segment, i);
        if (problem != null) {
          return problem;
        }
        segment = i + 1;
      } else if (c < 0x20 || c >= 0x7f && isForbidden(c)) {
        return String.format("a path can't have the character U+%04X, at index %d", (int) c, i);
      }
    }
    return null;
  }

  private static boolean isForbidden(char c) {
    return c <= 0x9f || c >= 0xd800 && c <= 0xf8ff || c >= 0xfff0;
  }

  private static @Nullable String segmentProblem(String path, int from, int to) {
    if (from == to) {
      return "a path can't have an empty segment (//), at index " + from;
    }
    if (path.charAt(from) == '.'
        && (to - from == 1 || to - from == 2 && path.charAt(from + 1) == '.')) {
      return "a path can't have relative segments (. or ..), at index " + from;
    }
    return null;
  }
}
