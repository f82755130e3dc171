package conclave.recipes.json;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON, written and read. Objects are maps that keep their order, arrays lists, whole numbers
 * {@link Long} where they fit and other numbers {@link Double}; strings, truth values and null are
 * themselves.
 */
public final class Json {
  private Json() {}

  /** On one line. */
  public static String line(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, -1);
    return out.toString();
  }

  /** On as many lines as there are members and items, indented. */
  public static String pretty(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, 0);
    return out.toString();
  }

  /** An object from names and values in turn. */
  public static Map<String, @Nullable Object> object(@Nullable Object... namesAndValues) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return object;
  }

  /**
   * Reads one value. Members of one name count once, with the last value.
   *
   * @throws IllegalArgumentException with a sentence that says where it is no JSON
   */
  public static @Nullable Object parse(String text) {
    return new JsonReader(text).read();
  }

  /**
   * Reads one object.
   *
   * @throws IllegalArgumentException also when it is another kind of value
   */
  public static Map<String, @Nullable Object> parseObject(String text) {
    if (!(parse(text) instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException("no JSON object: " + text);
    }
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    map.forEach((name, value) -> object.put(String.valueOf(name), value));
    return object;
  }

  private static void write(StringBuilder out, @Nullable Object value, int depth) {
    if (value == null || value instanceof Boolean || isFinite(value)) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      writeObject(out, map, depth);
    } else if (value instanceof Iterable<?> items) {
      writeArray(out, items, depth);
    } else {
      writeString(out, value.toString());
    }
  }

  /** What JSON has no number for goes as a string: NaN and the infinities. */
  private static boolean isFinite(Object value) {
    return value instanceof Number number && Double.isFinite(number.doubleValue());
  }

  private static void writeObject(StringBuilder out, Map<?, ?> map, int depth) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> member : map.entrySet()) {
      out.append(separator);
      newLine(out, depth + 1, depth);
      writeString(out, String.valueOf(member.getKey()));
      out.append(depth < 0 ? ":" : ": ");
      write(out, member.getValue(), depth < 0 ? -1 : depth + 1);
      separator = ",";
    }
    if (!map.isEmpty()) {
      newLine(out, depth, depth);
    }
    out.append('}');
  }

  private static void writeArray(StringBuilder out, Iterable<?> items, int depth) {
    out.append('[');
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      newLine(out, depth + 1, depth);
      write(out, item, depth < 0 ? -1 : depth + 1);
      separator = ",";
    }
    if (!separator.isEmpty()) {
      newLine(out, depth, depth);
    }
    out.append(']');
  }

  private static void newLine(StringBuilder out, int indent, int depth) {
    if (depth >= 0) {
      out.append('\n').append("  ".repeat(indent));
    }
  }

  private static void writeString(StringBuilder out, String text) {
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
          // Half a surrogate pair can't be written as UTF-8.
          if (c < ' ' || c == 0x7f || Character.isSurrogate(c) && !isPaired(text, i)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean isPaired(String text, int at) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }
}
