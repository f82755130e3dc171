package conclave.server.http;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON in the layout that Apache's AdminServer has: an object's members on lines of their
 * own, the items of an array behind each other. What programs that were written for that server may
 * compare to the letter has no other use, so it is not the JSON of the clients' side.
 *
 * <p>Maps with any keys become objects; other iterables arrays; numbers, truth values and null
 * themselves; everything else strings.
 */
final class Json {
  private final StringBuilder out = new StringBuilder();

  private Json() {}

  static String of(@Nullable Object value) {
    Json json = new Json();
    json.value(value, 0);
    return json.out.toString();
  }

  private void value(@Nullable Object value, int depth) {
    if (value == null || value instanceof Boolean || isFinite(value)) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      object(map, depth);
    } else if (value instanceof Iterable<?> items) {
      array(items, depth);
    } else {
      string(String.valueOf(value));
    }
  }

  /** What JSON has no number for goes as a string: NaN and the infinities. */
  private static boolean isFinite(Object value) {
    return value instanceof Number number && Double.isFinite(number.doubleValue());
  }

  private void object(Map<?, ?> members, int depth) {
    if (members.isEmpty()) {
      out.append("{ }");
      return;
    }
    String before = "{";
    for (Map.Entry<?, ?> member : members.entrySet()) {
      out.append(before);
      newLine(depth + 1);
      string(String.valueOf(member.getKey()));
      out.append(" : ");
      value(member.getValue(), depth + 1);
      before = ",";
    }
    newLine(depth);
    out.append('}');
  }

  private void array(Iterable<?> items, int depth) {
    out.append("[ ");
    for (Iterator<?> next = items.iterator(); next.hasNext(); ) {
      value(next.next(), depth);
      out.append(next.hasNext() ? ", " : " ");
    }
    out.append(']');
  }

  private void newLine(int depth) {
    out.append('\n').append("  ".repeat(depth));
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || Character.isSurrogate(c) && !isPaired(text, i)) {
            out.append(String.format("\\u%04X", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** Half a pair can't be written as UTF-8. */
  private static boolean isPaired(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }
}
