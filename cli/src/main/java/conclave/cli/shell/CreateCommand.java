package conclave.cli.shell;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.Created;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.recipes.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;

final class CreateCommand extends Described {
  CreateCommand() {
    super(
        "create",
        "[-s] [-e] [-c] [-t ttl] path [data] [acl]",
        "make a znode: -s sequential, -e ephemeral, -c container, -t with a time to live (ms)",
        Syntax.of(1, 3).flags("s", "e", "c").options("t"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    CreateMode mode = mode(arguments);
    String path = arguments.get(0);
    String text = arguments.getOrNull(1);
    byte[] data = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    String acl = arguments.getOrNull(2);
    List<Acl> permissions = acl == null ? Acl.OPEN : AclText.parse(acl);
    long ttlMs = arguments.longNumber("t", 0);
    Created created =
        DataLimit.with(
            data,
            () ->
                shell.ask(
                    client ->
                        mode.isTtl()
                            ? client.createWithTtl(path, data, mode, permissions, ttlMs)
                            : client.create(path, data, mode, permissions)));
    if (shell.json()) {
      shell.printJson(
          Json.object("created", created.path(), "stat", StatText.object(created.stat())));
    } else {
      shell.print("Created " + created.path());
    }
  }

  private static CreateMode mode(Arguments arguments) throws CommandFailure {
    boolean sequential = arguments.has("s");
    boolean ephemeral = arguments.has("e");
    boolean container = arguments.has("c");
    boolean ttl = arguments.has("t");
    if (container && (ephemeral || sequential)) {
      throw arguments.wrong(
          "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential");
    }
    if (ttl && ephemeral) {
      throw arguments.wrong("TTLs cannot be used with Ephemeral znodes");
    }
    if (ttl && container) {
      throw arguments.wrong("TTLs cannot be used with Container znodes");
    }
    if (ephemeral) {
      return sequential ? CreateMode.EPHEMERAL_SEQUENTIAL : CreateMode.EPHEMERAL;
    }
    if (sequential) {
      return ttl ? CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL : CreateMode.PERSISTENT_SEQUENTIAL;
    }
    if (container) {
      return CreateMode.CONTAINER;
    }
    return ttl ? CreateMode.PERSISTENT_WITH_TTL : CreateMode.PERSISTENT;
  }
}
