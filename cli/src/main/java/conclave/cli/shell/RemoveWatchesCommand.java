package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.protocol.Paths;
import java.util.function.Predicate;

/**
 * The client keeps the books on its watches and tells the server itself, so {@code -l}, which in
 * zkCli forgets watches while no server can be told, is understood and makes no difference.
 */
final class RemoveWatchesCommand extends Described {
  RemoveWatchesCommand() {
    super(
        "removewatches",
        "path [-c|-d|-a] [-l]",
        "remove this session's watches: -c on children, -d on data, -p persistent, -r recursive, -a"
            + " all",
        Syntax.of(1, 1).flags("c", "d", "p", "r", "a", "l"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    String problem = Paths.problem(path);
    if (problem != null) {
      throw new CommandFailure(ExitCode.USAGE, "\"" + path + "\": " + problem + ".");
    }
    if (!shell.watches().remove(path, kinds(arguments))) {
      throw new CommandFailure(ExitCode.REFUSED, Refusals.noWatcher(path));
    }
  }

  private static Predicate<Watches.Kind> kinds(Arguments arguments) {
    if (arguments.has("c")) {
      return kind -> kind == Watches.Kind.CHILDREN;
    }
    if (arguments.has("d")) {
      return kind -> kind == Watches.Kind.DATA;
    }
    if (arguments.has("p")) {
      return kind -> kind == Watches.Kind.PERSISTENT;
    }
    if (arguments.has("r")) {
      return kind -> kind == Watches.Kind.PERSISTENT_RECURSIVE;
    }
    return kind -> true;
  }
}
