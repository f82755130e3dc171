package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a line apart as zkCli does: words between blanks; a word that begins with a quote, single
 * or double, goes to the next one of the kind. Nothing is escaped, and a quote within a word is a
 * character as any other, so JSON can be typed as it is.
 */
final class Words {
  private Words() {}

  static List<String> of(String line) throws CommandFailure {
    List<String> words = new ArrayList<>();
    int at = skipBlanks(line, 0);
    while (at < line.length()) {
      char first = line.charAt(at);
      int end;
      if (first == '"' || first == '\'') {
        end = line.indexOf(first, at + 1);
        if (end < 0) {
          throw new CommandFailure(
              ExitCode.USAGE, "A quote has no end: " + line.substring(at) + ".");
        }
        words.add(line.substring(at + 1, end));
        end++;
      } else {
        end = at;
        while (end < line.length() && !Character.isWhitespace(line.charAt(end))) {
          end++;
        }
        words.add(line.substring(at, end));
      }
      at = skipBlanks(line, end);
    }
    return words;
  }

  private static int skipBlanks(String line, int from) {
    int at = from;
    while (at < line.length() && Character.isWhitespace(line.charAt(at))) {
      at++;
    }
    return at;
  }
}
