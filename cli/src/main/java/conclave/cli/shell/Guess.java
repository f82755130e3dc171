package conclave.cli.shell;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What somebody may have meant who typed something else. */
final class Guess {
  private Guess() {}

  /** The candidate that is nearest, or null where none is near. */
  static @Nullable String nearest(String typed, Collection<String> candidates) {
    String best = null;
    int bestDistance = 1 + Math.max(1, typed.length() / 3);
    for (String candidate : candidates) {
      int distance = distance(typed.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      // Where not a letter is the same, nothing speaks for it.
      if (distance < bestDistance && distance < typed.length()) {
        best = candidate;
        bestDistance = distance;
      }
    }
    return best;
  }

  /** How many letters are to be added, removed, changed, or changed with their neighbour. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
