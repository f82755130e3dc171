package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.EventText;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Explain;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.WatchEvent;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A command that does one thing in a session of its own. */
@Command(
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n@|bold Examples:|@%n")
abstract class ClientCommand implements Callable<Integer> {
  static final String DEFAULT_SERVERS = "localhost:2181";

  /**
   * Long enough for any answer on a loaded server, short enough that a script does not hang for
   * minutes.
   */
  private static final int SESSION_TIMEOUT_MS = 30_000;

  private static final int CONNECT_TIMEOUT_MS = 5_000;

  @Option(
      names = {"--server", "-server"},
      paramLabel = "HOST:PORT[,...][/CHROOT]",
      defaultValue = "${env:CONCLAVE_SERVER:-" + DEFAULT_SERVERS + "}",
      order = 100,
      description =
          "Servers to try, in random order. Default: $CONCLAVE_SERVER, else "
              + DEFAULT_SERVERS
              + ".")
  String servers = DEFAULT_SERVERS;

  @Option(
      names = {"--auth"},
      paramLabel = "SCHEME:CREDENTIALS",
      order = 101,
      description =
          "Credentials for this session, as in digest:user:password. May be given more than once.")
  List<String> auth = new ArrayList<>();

  @Option(
      names = {"--timeout", "-timeout"},
      paramLabel = "MS",
      order = 102,
      description = "Session timeout in milliseconds. Default: 30000.")
  int sessionTimeoutMs = SESSION_TIMEOUT_MS;

  @Option(
      names = {"--wait"},
      paramLabel = "SECONDS",
      order = 103,
      description =
          "Go on trying for that long when no server answers. Default: one attempt at each.")
  int waitSeconds;

  @Option(
      names = {"-r", "--read-only"},
      order = 104,
      description = "Accept a server that has lost its quorum.")
  boolean readOnly;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = 105,
      description = "Show this help.")
  boolean help;

  private PrintStream out = System.out;

  /** Does the work; what it prints goes to {@code out}. */
  abstract void run(ConclaveClient client, PrintStream out) throws CommandFailure;

  @Override
  public Integer call() throws CommandFailure {
    out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    try (ConclaveClient client = connect()) {
      for (String credentials : auth) {
        addAuth(client, credentials);
      }
      run(client, out);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage() + ".", e);
    } catch (ConclaveException e) {
      throw Explain.failure(e);
    } catch (CompletionException e) {
      if (e.getCause() instanceof ConclaveException cause) {
        throw Explain.failure(cause);
      }
      throw e;
    } finally {
      out.flush();
    }
    return ExitCode.DONE;
  }

  /** Waits for the event of a watch that {@link #run} has set, and prints it. */
  final void awaitEvent(CompletableFuture<WatchEvent> event) {
    out.flush();
    WatchEvent fired = event.join();
    out.println(EventText.type(fired.type()) + " " + fired.path());
  }

  private ConclaveClient connect() {
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(sessionTimeoutMs)
            .withConnectTimeoutMs(CONNECT_TIMEOUT_MS)
            .withFirstConnectWithinMs(waitSeconds * 1_000L)
            .withAcceptReadOnly(readOnly)
            .withRenewSession(false);
    return ConclaveClient.connect(servers, options).join();
  }

  private static void addAuth(ConclaveClient client, String text) throws CommandFailure {
    int colon = text.indexOf(':');
    if (colon <= 0) {
      throw new CommandFailure(
          ExitCode.USAGE, "--auth takes scheme:credentials, as in digest:user:password.");
    }
    client
        .addAuth(
            text.substring(0, colon), text.substring(colon + 1).getBytes(StandardCharsets.UTF_8))
        .join();
  }

  /** An argument as the bytes of a znode. */
  static byte @Nullable [] toData(@Nullable String text, boolean base64) throws CommandFailure {
    if (text == null) {
      return null;
    }
    if (!base64) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      return java.util.Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The data is not valid base64: " + e.getMessage() + ".", e);
    }
  }
}
