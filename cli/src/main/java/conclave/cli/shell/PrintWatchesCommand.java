package conclave.cli.shell;

import conclave.cli.common.CommandFailure;

final class PrintWatchesCommand extends Described {
  PrintWatchesCommand() {
    super(
        "printwatches",
        "on|off",
        "say or set whether what watches see is printed",
        Syntax.of(0, 1));
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
    if (arguments.count() == 0) {
      shell.print("printwatches is " + (shell.watches().isPrinting() ? "on" : "off"));
      return;
    }
    switch (arguments.get(0)) {
      case "on" -> shell.watches().setPrinting(true);
      case "off" -> shell.watches().setPrinting(false);
      default -> throw arguments.wrong("it takes on or off");
    }
  }
}
