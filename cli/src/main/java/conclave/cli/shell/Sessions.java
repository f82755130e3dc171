package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Explain;
import conclave.client.ClientOptions;
import conclave.client.ConclaveClient;
import conclave.client.ConclaveException;
import conclave.client.TlsOptions;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Opens sessions as the command line says.
 *
 * @param renewed whether a session that has ended is followed by another: for somebody who is told
 *     of it, not for a script, whose ephemeral znodes would be gone unnoticed
 * @param firstConnectWithinMs how long to go on trying; 0 for one attempt at each server
 * @param auth {@code scheme:credentials}, each
 * @param clientConfiguration a file of ZooKeeper's client, or null
 */
record Sessions(
    int timeoutMs,
    boolean readOnly,
    boolean renewed,
    long firstConnectWithinMs,
    List<String> auth,
    @Nullable String clientConfiguration)
    implements Shell.Connector {

  private static final int CONNECT_TIMEOUT_MS = 5_000;

  @Override
  public ConclaveClient connect(String servers) throws CommandFailure, Console.Stopped {
    ClientOptions options =
        ClientOptions.defaults()
            .withSessionTimeoutMs(timeoutMs)
            .withConnectTimeoutMs(CONNECT_TIMEOUT_MS)
            .withFirstConnectWithinMs(firstConnectWithinMs)
            .withAcceptReadOnly(readOnly)
            .withRenewSession(renewed);
    if (clientConfiguration != null) {
      options = withConfiguration(options, clientConfiguration);
    }
    CompletableFuture<ConclaveClient> connecting;
    try {
      connecting = ConclaveClient.connect(servers, options);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, Shell.sentence(String.valueOf(e.getMessage())), e);
    }
    ConclaveClient client;
    try {
      client = get(connecting);
    } catch (Console.Stopped e) {
      connecting.thenAccept(ConclaveClient::closeAsync);
      throw e;
    }
    try {
      for (String credentials : auth) {
        get(addAuth(client, credentials));
      }
      return client;
    } catch (CommandFailure | Console.Stopped e) {
      client.closeAsync();
      throw e;
    }
  }

  private static <T> T get(CompletableFuture<T> future) throws CommandFailure, Console.Stopped {
    try {
      return future.get();
    } catch (InterruptedException e) {
      throw Console.Stopped.byInterrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConclaveException cause) {
        throw Explain.failure(cause);
      }
      throw new IllegalStateException("a request failed on an error of the client's own", e);
    }
  }

  /** Waited for, and not an option of the client, so that a refusal is told as what it is. */
  private static CompletableFuture<Void> addAuth(ConclaveClient client, String text)
      throws CommandFailure {
    int colon = text.indexOf(':');
    if (colon <= 0) {
      throw new CommandFailure(
          ExitCode.USAGE, "--auth takes scheme:credentials, as in digest:user:password.");
    }
    return client.addAuth(
        text.substring(0, colon), text.substring(colon + 1).getBytes(StandardCharsets.UTF_8));
  }

  /** TLS is what zkCli's users have this file for. */
  private static ClientOptions withConfiguration(ClientOptions options, String file)
      throws CommandFailure {
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(Path.of(file))) {
      properties.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The file " + file + " can't be read: " + e.getMessage() + ".", e);
    }
    if (!Boolean.parseBoolean(properties.getProperty("zookeeper.client.secure"))) {
      return options;
    }
    String trust = properties.getProperty("zookeeper.ssl.trustStore.location");
    if (trust == null) {
      throw new CommandFailure(
          ExitCode.USAGE, file + " asks for TLS and names no zookeeper.ssl.trustStore.location.");
    }
    String key = properties.getProperty("zookeeper.ssl.keyStore.location");
    try {
      TlsOptions tls =
          TlsOptions.fromStores(
              Path.of(trust),
              password(properties, "zookeeper.ssl.trustStore.password"),
              key == null ? null : Path.of(key),
              key == null ? null : password(properties, "zookeeper.ssl.keyStore.password"));
      boolean verify =
          Boolean.parseBoolean(
              properties.getProperty("zookeeper.ssl.hostnameVerification", "true"));
      return options.withTls(new TlsOptions(tls.context(), verify));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, file + ": " + Shell.sentence(String.valueOf(e.getMessage())), e);
    }
  }

  private static char[] password(Properties properties, String key) {
    return properties.getProperty(key, "").toCharArray();
  }
}
