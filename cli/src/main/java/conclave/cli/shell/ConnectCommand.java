package conclave.cli.shell;

import conclave.cli.common.CommandFailure;

final class ConnectCommand extends Described {
  ConnectCommand() {
    super(
        "connect",
        "host:port[,...][/chroot]",
        "end the session and begin one there, or where it was",
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
    shell.connect(arguments.get(0, shell.servers()));
  }
}
