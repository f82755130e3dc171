package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.Watched;
import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.util.Optional;

final class StatCommand extends Described {
  StatCommand() {
    super(
        "stat",
        "[-w] path",
        "print a znode's metadata, -w and watch it",
        Syntax.of(1, 1).flags("w"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    Optional<Stat> found;
    if (arguments.has("w")) {
      Watched<Optional<Stat>> watched = shell.await(shell.client().existsAndWatch(path));
      shell.watches().add(path, Watches.Kind.DATA, watched.event());
      found = watched.value();
    } else {
      found = shell.await(shell.client().exists(path));
    }
    if (found.isEmpty()) {
      throw Refusals.noNode(shell, path);
    }
    if (shell.json()) {
      shell.printJson(Json.object("path", path, "stat", StatText.object(found.get())));
      return;
    }
    for (String line : StatText.lines(found.get())) {
      shell.print(line);
    }
  }
}
