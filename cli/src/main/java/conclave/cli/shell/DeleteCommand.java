package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.client.ConclaveClient;
import conclave.recipes.json.Json;

final class DeleteCommand extends Described {
  DeleteCommand() {
    super(
        "delete",
        "[-v version] path",
        "delete a znode that has no children, -v only if it has this version",
        Syntax.of(1, 1).options("v"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    int version = arguments.number("v", ConclaveClient.ANY_VERSION);
    shell.ask(client -> client.delete(arguments.get(0), version));
    if (shell.json()) {
      shell.printJson(Json.object("deleted", arguments.get(0)));
    }
  }
}
