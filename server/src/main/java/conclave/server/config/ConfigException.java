package conclave.server.config;

import java.util.List;

/**
 * A configuration that cannot be used. It carries every problem that was found, not just the first.
 */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  private final List<String> problems;

  ConfigException(String subject, List<String> problems) {
    super(message(subject, problems));
    this.problems = List.copyOf(problems);
  }

  /** One line each: where (file and line, or the property), what was found, and what is allowed. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String subject, List<String> problems) {
    String count = problems.size() == 1 ? "one problem" : problems.size() + " problems";
    return subject + " cannot be used, " + count + ":\n  " + String.join("\n  ", problems);
  }
}
