package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.recipes.json.Json;

final class SyncCommand extends Described {
  SyncCommand() {
    super(
        "sync",
        "path",
        "wait until the server has seen all that was written before",
        Syntax.of(1, 1));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    shell.await(shell.client().sync(arguments.get(0)));
    if (shell.json()) {
      shell.printJson(Json.object("synced", arguments.get(0)));
    } else {
      shell.print("Sync is OK");
    }
  }
}
