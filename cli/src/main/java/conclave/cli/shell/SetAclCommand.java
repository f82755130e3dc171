package conclave.cli.shell;

import conclave.cli.common.AclText;
import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.protocol.Acl;
import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.util.List;

final class SetAclCommand extends Described {
  SetAclCommand() {
    super(
        "setAcl",
        "[-s] [-v version] [-R] path acl",
        "replace a znode's permissions: -v only if they have this version, -R of all below it too",
        Syntax.of(2, 2).flags("s", "R").options("v"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    List<Acl> acl = AclText.parse(arguments.get(1));
    int version = arguments.number("v", ConclaveClient.ANY_VERSION);
    if (arguments.has("R")) {
      Walk.below(
          shell,
          path,
          (each, children, depth) -> {
            shell.ask(client -> client.setAcl(each, acl, version));
            return true;
          });
      return;
    }
    Stat stat = shell.ask(client -> client.setAcl(path, acl, version));
    if (shell.json()) {
      shell.printJson(Json.object("set", path, "stat", StatText.object(stat)));
    } else if (arguments.has("s")) {
      for (String line : StatText.lines(stat)) {
        shell.print(line);
      }
    }
  }
}
