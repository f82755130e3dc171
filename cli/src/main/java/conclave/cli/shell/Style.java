package conclave.cli.shell;

import org.jspecify.annotations.Nullable;

/**
 * Colours, or none.
 *
 * @param on whether there are any
 */
record Style(boolean on) {
  static final Style PLAIN = new Style(false);

  /**
   * Colours where they are seen and wanted.
   *
   * @param terminal whether the output is a terminal
   * @param noColor the environment's {@code NO_COLOR}, which when set and not empty wants none
   * @param term its {@code TERM}
   */
  static Style of(boolean terminal, @Nullable String noColor, @Nullable String term) {
    boolean wanted = noColor == null || noColor.isEmpty();
    return new Style(terminal && wanted && !"dumb".equals(term));
  }

  String error(String text) {
    return in(31, text);
  }

  String good(String text) {
    return in(32, text);
  }

  String news(String text) {
    return in(33, text);
  }

  String strong(String text) {
    return in(36, text);
  }

  String faint(String text) {
    return in(90, text);
  }

  private String in(int colour, String text) {
    return on ? "\u001b[" + colour + "m" + text + "\u001b[0m" : text;
  }
}
