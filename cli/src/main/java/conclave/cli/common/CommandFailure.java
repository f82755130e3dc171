package conclave.cli.common;

import org.jspecify.annotations.Nullable;

/**
 * A failure in words for the user: what went wrong and what to do, with the exit code it leads to.
 */
public final class CommandFailure extends Exception {
  private final int exitCode;

  public CommandFailure(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  public CommandFailure(int exitCode, String message) {
    this(exitCode, message, null);
  }

  public int exitCode() {
    return exitCode;
  }

  /** Never null, as it is made with one. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
