package conclave.compat;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Shows what the server printed when a test failed. */
final class ServerLogOnFailure implements TestWatcher {
  private static final int SHOWN_CHARS = 8_000;

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    context
        .getTestInstance()
        .filter(OneServer.class::isInstance)
        .map(OneServer.class::cast)
        .ifPresent(
            test -> System.err.println(test.server + " printed:\n" + tail(test.server.log())));
  }

  static String tail(String log) {
    return log.length() <= SHOWN_CHARS ? log : "…" + log.substring(log.length() - SHOWN_CHARS);
  }
}
