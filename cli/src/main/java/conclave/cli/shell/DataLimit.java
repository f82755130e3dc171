package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Servers hang up on a request that is longer than their {@code jute.maxbuffer}, without a word; so
 * the shell, which knows what it sent, says what it was.
 */
final class DataLimit {
  /** What servers take unless they are told otherwise, less what surrounds the data. */
  private static final int USUAL_BYTES = 0xfffff - 1024;

  /** A request that carries data. */
  interface Request<T> {
    T send() throws CommandFailure, Console.Stopped;
  }

  private DataLimit() {}

  static <T> T with(byte @Nullable [] data, Request<T> request)
      throws CommandFailure, Console.Stopped {
    try {
      return request.send();
    } catch (CommandFailure e) {
      if (data == null || data.length <= USUAL_BYTES || e.exitCode() != ExitCode.NO_CONNECTION) {
        throw e;
      }
      throw new CommandFailure(
          e.exitCode(),
          String.format(
              Locale.ROOT,
              "The server hung up: %,d bytes of data are more than servers take (1 MiB), unless they"
                  + " are started with a larger jute.maxbuffer.",
              data.length),
          e);
    }
  }
}
