package conclave.cli.common;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * JSON, written and read. Objects are maps that keep their order, arrays lists, whole numbers
 * {@link Long}, other numbers {@link Double}; strings, truth values and null are themselves.
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
   * Reads one value.
   *
   * @throws IllegalArgumentException with a sentence that says where it is no JSON
   */
  public static @Nullable Object parse(String text) {
    Parser parser = new Parser(text);
    Object value = parser.value(0);
    parser.end();
    return value;
  }

  private static void write(StringBuilder out, @Nullable Object value, int depth) {
    if (value == null || value instanceof Boolean || value instanceof Number) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      writeObject(out, map, depth);
    } else if (value instanceof Iterable<?> items) {
      writeArray(out, items, depth);
    } else {
      writeString(out, value.toString());
    }
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

  /** A reader by recursive descent. */
  private static final class Parser {
    /** Deeper values would overflow the stack before they make sense. */
    private static final int DEEPEST = 500;

    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    @Nullable Object value(int depth) {
      if (depth > DEEPEST) {
        throw wrong("it is nested more than " + DEEPEST + " deep");
      }
      skipBlanks();
      char c = at < text.length() ? text.charAt(at) : 0;
      return switch (c) {
        case '{' -> object(depth);
        case '[' -> array(depth);
        case '"' -> string();
        case 't' -> word("true", true);
        case 'f' -> word("false", false);
        case 'n' -> word("null", null);
        default -> number();
      };
    }

    void end() {
      skipBlanks();
      if (at < text.length()) {
        throw wrong("something follows the value");
      }
    }

    private Map<String, @Nullable Object> object(int depth) {
      Map<String, @Nullable Object> object = new LinkedHashMap<>();
      at++;
      skipBlanks();
      if (take('}')) {
        return object;
      }
      do {
        skipBlanks();
        if (at >= text.length() || text.charAt(at) != '"') {
          throw wrong("a member's name in quotes is expected");
        }
        String name = string();
        skipBlanks();
        if (!take(':')) {
          throw wrong("\":\" is expected");
        }
        object.put(name, value(depth + 1));
        skipBlanks();
      } while (take(','));
      if (!take('}')) {
        throw wrong("\",\" or \"}\" is expected");
      }
      return object;
    }

    private List<@Nullable Object> array(int depth) {
      List<@Nullable Object> array = new ArrayList<>();
      at++;
      skipBlanks();
      if (take(']')) {
        return array;
      }
      do {
        array.add(value(depth + 1));
        skipBlanks();
      } while (take(','));
      if (!take(']')) {
        throw wrong("\",\" or \"]\" is expected");
      }
      return array;
    }

    private String string() {
      StringBuilder string = new StringBuilder();
      at++;
      while (at < text.length() && text.charAt(at) != '"') {
        char c = text.charAt(at++);
        if (c < ' ') {
          throw wrong("a string can't have a control character");
        }
        string.append(c == '\\' ? escaped() : c);
      }
      if (!take('"')) {
        throw wrong("a string has no end");
      }
      return string.toString();
    }

    private char escaped() {
      char c = at < text.length() ? text.charAt(at++) : 0;
      return switch (c) {
        case '"', '\\', '/' -> c;
        case 'b' -> '\b';
        case 'f' -> '\f';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> hex();
        default -> throw wrong("\\" + c + " is no escape");
      };
    }

    private char hex() {
      if (at + 4 <= text.length()) {
        try {
          char c = (char) Integer.parseInt(text.substring(at, at + 4), 16);
          at += 4;
          return c;
        } catch (NumberFormatException e) {
          // Told below.
        }
      }
      throw wrong("\\u takes four hexadecimal digits");
    }

    private @Nullable Object word(String word, @Nullable Object value) {
      if (!text.startsWith(word, at)) {
        throw wrong("no value begins here");
      }
      at += word.length();
      return value;
    }

    private Number number() {
      int from = at;
      while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      String number = text.substring(from, at);
      try {
        if (number.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9')) {
          return Long.valueOf(number);
        }
        return Double.valueOf(number);
      } catch (NumberFormatException e) {
        at = from;
        throw wrong("no value begins here");
      }
    }

    private boolean take(char c) {
      if (at < text.length() && text.charAt(at) == c) {
        at++;
        return true;
      }
      return false;
    }

    private void skipBlanks() {
      while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private IllegalArgumentException wrong(String what) {
      int line = 1 + (int) text.substring(0, Math.min(at, text.length())).lines().count();
      line = at == 0 ? 1 : text.charAt(Math.min(at, text.length()) - 1) == '\n' ? line : line - 1;
      return new IllegalArgumentException("line " + line + ": " + what);
    }
  }
}
