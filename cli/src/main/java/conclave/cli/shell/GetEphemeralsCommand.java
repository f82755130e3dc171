package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.protocol.Paths;
import java.util.List;

final class GetEphemeralsCommand extends Described {
  GetEphemeralsCommand() {
    super(
        "getEphemerals",
        "path",
        "list this session's ephemeral znodes whose paths begin so",
        Syntax.of(0, 1));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    List<String> paths = shell.await(shell.client().getEphemerals(arguments.get(0, Paths.ROOT)));
    if (shell.json()) {
      shell.printJson(paths);
    } else {
      shell.print(paths.toString());
    }
  }
}
