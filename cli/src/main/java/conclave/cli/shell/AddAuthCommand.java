package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import java.nio.charset.StandardCharsets;

final class AddAuthCommand extends Described {
  AddAuthCommand() {
    super(
        "addauth",
        "scheme auth",
        "add credentials to the session, as in addauth digest user:password",
        Syntax.of(1, 2));
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    byte[] credentials = arguments.get(1, "").getBytes(StandardCharsets.UTF_8);
    shell.await(shell.client().addAuth(arguments.get(0), credentials));
  }
}
