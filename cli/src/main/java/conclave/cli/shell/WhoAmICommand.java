package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.protocol.ClientInfo;
import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.List;

final class WhoAmICommand extends Described {
  WhoAmICommand() {
    super("whoami", "", "print who the server takes this session for", Syntax.of(0, 0));
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    List<ClientInfo> who = shell.await(shell.client().whoAmI());
    if (shell.json()) {
      List<Object> users = new ArrayList<>();
      who.forEach(each -> users.add(Json.object("scheme", each.scheme(), "user", each.user())));
      shell.printJson(users);
      return;
    }
    shell.print("Auth scheme: User");
    for (ClientInfo each : who) {
      shell.print(each.scheme() + ": " + each.user());
    }
  }
}
