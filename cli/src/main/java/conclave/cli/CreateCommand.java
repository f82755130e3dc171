package conclave.cli;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "create",
    description = {
      "Makes a znode and prints its path.",
      "An ephemeral znode lives as long as the session that made it, so with -e the command stays until it is interrupted."
    },
    footer = {
      "  conclave create /config",
      "  conclave create /config/url https://example.org",
      "  conclave create -s /queue/item- \"first job\"   # prints /queue/item-0000000000",
      "  conclave create /private secret digest:bob:nm+VW0oxzlBKNqdoTPMv6hoixUc=:cdrwa"
    })
final class CreateCommand extends ClientCommand {
  @Parameters(index = "0", paramLabel = "PATH", description = "The znode; its parent has to exist.")
  String path = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DATA",
      description = "Its data, stored as UTF-8. Default: none.")
  @Nullable String data;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "ACL",
      description =
          "Who may do what: scheme:id:permissions[,...], with permissions out of cdrwa. Default: world:anyone:cdrwa.")
  @Nullable String acl;

  @Option(names = "-s", description = "Append a sequence number to the path.")
  boolean sequential;

  @Option(names = "-e", description = "Make it ephemeral.")
  boolean ephemeral;

  @Option(names = "-c", description = "Make it a container: it goes when its last child has gone.")
  boolean container;

  @Option(
      names = "-t",
      paramLabel = "MS",
      description =
          "Give it a time to live: it goes when it has had no change and no children for so many milliseconds.")
  long ttlMs;

  @Override
  void run(ConclaveClient client, PrintStream out) throws CommandFailure {
    CreateMode mode = mode();
    byte[] bytes = data == null ? null : data.getBytes(StandardCharsets.UTF_8);
    List<Acl> permissions = acl == null ? Acl.OPEN : AclText.parse(acl);
    Created created =
        (mode.isTtl()
                ? client.createWithTtl(path, bytes, mode, permissions, ttlMs)
                : client.create(path, bytes, mode, permissions))
            .join()
            .orThrow();
    out.println("Created " + created.path());
    if (ephemeral) {
      out.println("It lives until this command ends: press Ctrl-C.");
      out.flush();
      awaitInterrupt(client);
    }
  }

  private CreateMode mode() throws CommandFailure {
    boolean ttl = ttlMs != 0;
    if (container && (ephemeral || sequential || ttl)) {
      throw new CommandFailure(ExitCode.USAGE, "A container (-c) can't be -e, -s or -t as well.");
    }
    if (ephemeral && ttl) {
      throw new CommandFailure(ExitCode.USAGE, "An ephemeral znode (-e) has no time to live (-t).");
    }
    if (container) {
      return CreateMode.CONTAINER;
    }
    if (ttl) {
      return sequential
          ? CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL
          : CreateMode.PERSISTENT_WITH_TTL;
    }
    if (ephemeral) {
      return sequential ? CreateMode.EPHEMERAL_SEQUENTIAL : CreateMode.EPHEMERAL;
    }
    return sequential ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.PERSISTENT;
  }

  /**
   * Keeps the session until Ctrl-C or a SIGTERM, and ends it then, so that the znode goes at once.
   */
  private static void awaitInterrupt(ConclaveClient client) {
    Runtime.getRuntime().addShutdownHook(new Thread(client::close, "close-session"));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
