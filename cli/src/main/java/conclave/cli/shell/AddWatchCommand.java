package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.client.Registration;
import conclave.client.WatchMode;
import java.util.Arrays;
import java.util.Locale;

final class AddWatchCommand extends Described {
  AddWatchCommand() {
    super(
        "addWatch",
        "[-m mode] path # optional mode is one of "
            + Arrays.toString(WatchMode.values())
            + " - default is PERSISTENT_RECURSIVE",
        "set a watch that stays",
        Syntax.of(1, 1).options("m"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    WatchMode mode = mode(arguments);
    Registration watch = shell.await(shell.client().addWatch(path, mode, shell.watches()::print));
    shell
        .watches()
        .add(
            path,
            mode == WatchMode.PERSISTENT
                ? Watches.Kind.PERSISTENT
                : Watches.Kind.PERSISTENT_RECURSIVE,
            watch::close);
  }

  private static WatchMode mode(Arguments arguments) throws CommandFailure {
    String text = arguments.option("m");
    try {
      return text == null
          ? WatchMode.PERSISTENT_RECURSIVE
          : WatchMode.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw arguments.wrong("there is no mode " + text);
    }
  }
}
