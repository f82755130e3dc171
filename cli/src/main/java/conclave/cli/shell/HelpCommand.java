package conclave.cli.shell;

import conclave.cli.common.CommandFailure;

final class HelpCommand extends Described {
  HelpCommand() {
    super("help", "[command]", "list the commands, or say what one does", Syntax.of(0, 1));
  }

  @Override
  public boolean needsSession() {
    return false;
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    if (arguments.count() == 1) {
      ShellCommand command = shell.commands().find(arguments.get(0));
      if (command == null) {
        throw arguments.wrong("there is no command " + arguments.get(0));
      }
      shell.print((command.name() + " " + command.usage()).strip());
      shell.print("    " + command.summary());
      return;
    }
    for (ShellCommand command : shell.commands().all()) {
      shell.print(
          shell.console().style().strong(command.name())
              + (command.usage().isEmpty() ? "" : " " + command.usage()));
      shell.print("    " + command.summary());
    }
  }
}
