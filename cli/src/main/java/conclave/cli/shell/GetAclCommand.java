package conclave.cli.shell;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.protocol.Acl;
import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

final class GetAclCommand extends Described {
  GetAclCommand() {
    super(
        "getAcl",
        "[-s] path",
        "print a znode's permissions, -s with its metadata",
        Syntax.of(1, 1).flags("s"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    List<Acl> acl = shell.ask(client -> client.getAcl(path));
    Optional<Stat> stat =
        arguments.has("s") ? shell.await(shell.client().exists(path)) : Optional.empty();
    if (shell.json()) {
      Map<String, @Nullable Object> object = Json.object("path", path, "acl", AclText.text(acl));
      stat.ifPresent(it -> object.put("stat", StatText.object(it)));
      shell.printJson(object);
      return;
    }
    for (Acl each : acl) {
      // The form is that of ZooKeeper's own Id, down to the end of the line in it.
      shell.print("'" + each.id().scheme() + ",'" + each.id().id());
      shell.print(": " + AclText.permissions(each.perms()));
    }
    if (stat.isPresent()) {
      for (String line : StatText.lines(stat.get())) {
        shell.print(line);
      }
    }
  }
}
