package conclave.server.config;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A text in {@link Properties} syntax, with the line number of every entry.
 *
 * <p>Apache reads {@code zoo.cfg} with {@link Properties#load(java.io.InputStream)}, which forgets
 * where an entry stood. Here the text is cut into logical lines (continuations joined), and each of
 * them is given to {@code Properties} by itself, so that escapes, separators and white space mean
 * exactly what they mean there.
 */
final class PropertiesText {

  /** Key and value are trimmed, as Apache trims both after loading. */
  record Entry(int line, String key, String value) {}

  private final List<Entry> entries = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private PropertiesText() {}

  static PropertiesText parse(String fileName, String text) {
    PropertiesText result = new PropertiesText();
    int number = 1;
    int from = 0;
    while (from < text.length()) {
      int firstNumber = number++;
      int end = endOfLine(text, from);
      boolean isEntry = !isBlankOrComment(text, from, end);
      int to = afterTerminator(text, end);
      int lineStart = from;
      while (isEntry && endsInContinuation(text, lineStart, end) && to < text.length()) {
        number++;
        lineStart = to;
        end = endOfLine(text, to);
        to = afterTerminator(text, end);
      }
      if (isEntry) {
        result.load(fileName, firstNumber, text.substring(from, to));
      }
      from = to;
    }
    return result;
  }

  /** In the order of the text; a key may occur more than once. */
  List<Entry> entries() {
    return entries;
  }

  List<String> problems() {
    return problems;
  }

  private void load(String fileName, int line, String logicalLine) {
    Properties one = new Properties();
    try {
      one.load(new StringReader(logicalLine));
    } catch (IllegalArgumentException e) {
      problems.add(
          fileName
              + ":"
              + line
              + ": \\u is not followed by four hexadecimal digits; write \\\\ for a backslash");
      return;
    } catch (IOException e) {
      throw new UncheckedIOException("a string cannot fail to be read", e);
    }
    one.forEach(
        (key, value) ->
            entries.add(new Entry(line, key.toString().trim(), value.toString().trim())));
  }

  private static int endOfLine(String text, int from) {
    int end = from;
    while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
      end++;
    }
    return end;
  }

  private static int afterTerminator(String text, int end) {
    if (text.startsWith("\r\n", end)) {
      return end + 2;
    }
    return Math.min(end + 1, text.length());
  }

  private static boolean isBlankOrComment(String text, int from, int end) {
    for (int i = from; i < end; i++) {
      char c = text.charAt(i);
      if (c != ' ' && c != '\t' && c != '\f') {
        return c == '#' || c == '!';
      }
    }
    return true;
  }

  private static boolean endsInContinuation(String text, int from, int end) {
    int i = end;
    while (i > from && text.charAt(i - 1) == '\\') {
      i--;
    }
    return (end - i) % 2 == 1;
  }
}
