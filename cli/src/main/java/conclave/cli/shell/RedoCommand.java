package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import java.util.List;

final class RedoCommand extends Described {
  RedoCommand() {
    super("redo", "cmdno", "run the command of that number in the history again", Syntax.of(1, 1));
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
    List<String> lines = shell.history();
    int number;
    try {
      number = Integer.parseInt(arguments.get(0));
    } catch (NumberFormatException e) {
      throw arguments.wrong("it takes a number of the history");
    }
    // The last one is this redo.
    if (number < 0 || number >= lines.size() - 1) {
      throw arguments.wrong("Command index out of range");
    }
    String line = lines.get(number);
    if (Words.of(line).get(0).equals(name())) {
      throw arguments.wrong("No redoing redos");
    }
    shell.replaceLastInHistory(line);
    shell.run(line);
  }
}
