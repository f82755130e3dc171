package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Explain;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Option;

/** Which servers, as whom, and with what session. */
final class SessionOptions {
  private static final String DEFAULT_SERVERS = "localhost:2181";
  private static final int CONNECT_TIMEOUT_MS = 5_000;

  @Option(
      names = {"--server", "-S"},
      paramLabel = "HOSTS",
      defaultValue = "${env:CONCLAVE_SERVER:-" + DEFAULT_SERVERS + "}",
      order = 100,
      description =
          "Servers, as host:port,host:port/chroot. Default: $CONCLAVE_SERVER, else localhost:2181.")
  String servers = DEFAULT_SERVERS;

  @Option(
      names = "--auth",
      paramLabel = "SCHEME:CREDENTIALS",
      order = 101,
      description = "Credentials, as in digest:user:password. May be given more than once.")
  List<String> auth = new ArrayList<>();

  @Option(
      names = "--session-timeout",
      paramLabel = "MS",
      order = 102,
      description = "How long the session outlives its connection. Default: 10000.")
  int sessionTimeoutMs = 10_000;

  @Option(
      names = "--connect-within",
      paramLabel = "SECONDS",
      order = 103,
      description =
          "Go on trying for that long when no server answers at first. Default: one attempt at each.")
  int connectWithinSeconds;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 104,
      description = "Show this help.")
  boolean help;

  /** Connects; a failure to do so is put into words. */
  ConclaveClient connect() throws CommandFailure {
    if (sessionTimeoutMs < 1 || connectWithinSeconds < 0) {
      throw new CommandFailure(
          ExitCode.USAGE, "--session-timeout and --connect-within take positive numbers.");
    }
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(sessionTimeoutMs)
            .withConnectTimeoutMs(CONNECT_TIMEOUT_MS)
            .withFirstConnectWithinMs(connectWithinSeconds * 1_000L);
    for (String credentials : auth) {
      int colon = credentials.indexOf(':');
      if (colon <= 0) {
        throw new CommandFailure(
            ExitCode.USAGE, "--auth takes scheme:credentials, as in digest:user:password.");
      }
      options =
          options.withCredentials(
              credentials.substring(0, colon),
              credentials.substring(colon + 1).getBytes(StandardCharsets.UTF_8));
    }
    try {
      return ConclaveClient.connect(servers, options).join();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage() + ".", e);
    } catch (CompletionException e) {
      throw explained(e);
    }
  }

  /** What a future failed with, in words. */
  static CommandFailure explained(CompletionException e) {
    if (e.getCause() instanceof ConclaveException cause) {
      return Explain.failure(cause);
    }
    throw e;
  }
}
