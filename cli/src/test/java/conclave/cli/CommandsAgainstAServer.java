package conclave.cli;

import conclave.cli.common.Captured;
import conclave.client.ConclaveClient;
import conclave.testkit.ConclaveExtension;
import conclave.testkit.Relay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What tests of commands that run another command have in common. */
abstract class CommandsAgainstAServer {
  static final Duration SOON = Duration.ofSeconds(60);

  @RegisterExtension
  static final ConclaveExtension SERVER =
      new ConclaveExtension("tickTime=100", "minSessionTimeout=200", "maxSessionTimeout=40000");

  @RegisterExtension final Captured captured = new Captured();
  @TempDir Path dir;
  ConclaveClient client;

  @BeforeEach
  final void connect() {
    client = ConclaveClient.connect(SERVER.connectString()).join();
  }

  @AfterEach
  final void disconnect() {
    client.close();
  }

  /** A way to the server that can be cut. */
  static Relay relay() {
    return Relay.to(() -> SERVER.server().port());
  }

  static int run(String command, String... arguments) {
    return runAt(SERVER.connectString(), command, arguments);
  }

  static int runAt(String server, String command, String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = command;
    all[1] = "--server";
    all[2] = server;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return Main.execute(all);
  }

  /** In the background. */
  static CompletableFuture<Integer> startAt(Relay relay, String command, String... arguments) {
    return CompletableFuture.supplyAsync(() -> runAt(relay.connectString(), command, arguments));
  }
}
