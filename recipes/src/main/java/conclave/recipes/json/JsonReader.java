package conclave.recipes.json;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads JSON by recursive descent. */
final class JsonReader {
  /** Deeper values would overflow the stack before they make sense. */
  private static final int DEEPEST = 500;

  /** Stricter than Java's numbers, which may begin with "+" or ".", or have zeros in front. */
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private final String text;
  private int at;

  JsonReader(String text) {
    this.text = text;
  }

  /** The one value that the text has to be. */
  @Nullable Object read() {
    Object value = value(0);
    skipBlanks();
    if (at < text.length()) {
      throw wrong("something follows the value");
    }
    return value;
  }

  private @Nullable Object value(int depth) {
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
    if (at + 4 > text.length() || !isHex(text.substring(at, at + 4))) {
      throw wrong("\\u takes four hexadecimal digits");
    }
    at += 4;
    return (char) HexFormat.fromHexDigits(text, at - 4, at);
  }

  private static boolean isHex(String digits) {
    return digits.chars().allMatch(HexFormat::isHexDigit);
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
    if (!NUMBER.matcher(number).matches()) {
      at = from;
      throw wrong("no value begins here");
    }
    try {
      return Long.valueOf(number);
    } catch (NumberFormatException e) {
      // It has a fraction or an exponent, or is too large.
      return Double.valueOf(number);
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
    String before = text.substring(0, Math.min(at, text.length()));
    long line = 1 + before.chars().filter(c -> c == '\n').count();
    int column = before.length() - before.lastIndexOf('\n');
    return new IllegalArgumentException("line " + line + ", column " + column + ": " + what);
  }
}
