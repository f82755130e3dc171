package conclave.cli.shell;

import java.util.Set;
import java.util.TreeSet;

/**
 * What a command's words may be.
 *
 * @param flags those without a value, without their dash
 * @param options those with a value
 * @param least how many arguments there must be besides
 * @param most how many there may be
 */
record Syntax(Set<String> flags, Set<String> options, int least, int most) {
  Syntax {
    flags = Set.copyOf(flags);
    options = Set.copyOf(options);
  }

  /** Arguments and no flags. */
  static Syntax of(int least, int most) {
    return new Syntax(Set.of(), Set.of(), least, most);
  }

  Syntax flags(String... names) {
    return new Syntax(Set.of(names), options, least, most);
  }

  Syntax options(String... names) {
    return new Syntax(flags, Set.of(names), least, most);
  }

  /** Flags and options with their dash, sorted. */
  Set<String> dashed() {
    Set<String> all = new TreeSet<>();
    flags.forEach(flag -> all.add("-" + flag));
    options.forEach(option -> all.add("-" + option));
    return all;
  }
}
