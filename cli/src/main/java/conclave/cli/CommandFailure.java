package conclave.cli;

import org.jspecify.annotations.Nullable;

/**
 * A failure in words for the user: what went wrong and what to do, with the exit code it leads to.
 */
final class CommandFailure extends Exception {
  private final int exitCode;

  CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  CommandFailure(int exitCode, String message) {
    this(exitCode, message, null);
  }

  int exitCode() {
    return exitCode;
  }

  /** Never null, as it is made with one. */
  String text() {
    return String.valueOf(getMessage());
  }
}
