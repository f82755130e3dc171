package conclave.cli.shell;

import conclave.cli.common.CommandFailure;

final class GetAllChildrenNumberCommand extends Described {
  GetAllChildrenNumberCommand() {
    super(
        "getAllChildrenNumber",
        "path",
        "print how many znodes there are below one, at any depth",
        Syntax.of(1, 1));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    int number = shell.ask(client -> client.countDescendants(arguments.get(0)));
    shell.print(Integer.toString(number));
  }
}
