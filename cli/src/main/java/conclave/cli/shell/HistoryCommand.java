package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import java.util.List;

final class HistoryCommand extends Described {
  /** As many as zkCli shows, this one included. */
  private static final int SHOWN = 11;

  HistoryCommand() {
    super("history", "", "list the last commands with their numbers", Syntax.of(0, 0));
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
    for (int i = Math.max(0, lines.size() - SHOWN); i < lines.size(); i++) {
      shell.print(i + " - " + lines.get(i));
    }
  }
}
