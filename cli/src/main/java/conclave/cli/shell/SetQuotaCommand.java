package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.CreateMode;
import conclave.protocol.Paths;

final class SetQuotaCommand extends Described {
  SetQuotaCommand() {
    super(
        "setquota",
        "-n|-b|-N|-B val path",
        "limit a subtree: -n znodes, -b bytes (a warning in the server's log), -N and -B (refused)",
        Syntax.of(1, 1).options("n", "b", "N", "B"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    if (path.startsWith(Paths.QUOTA)) {
      throw new CommandFailure(
          ExitCode.REFUSED, "cannot set a quota under the path: " + Paths.QUOTA + ".");
    }
    if (arguments.count() == 1 && !hasAny(arguments)) {
      throw arguments.wrong("which limit");
    }
    Quota quota =
        new Quota(
            positive(arguments, "n", "num"),
            notNegative(arguments, "b", "bytes"),
            positive(arguments, "N", "num"),
            notNegative(arguments, "B", "bytes"));
    if (shell.await(shell.client().exists(path)).isEmpty()) {
      throw new CommandFailure(ExitCode.REFUSED, path + " does not exist.");
    }
    checkNoneBelow(shell, path);
    checkNoneAbove(shell, path);
    set(shell, path, quota);
  }

  private static boolean hasAny(Arguments arguments) {
    return arguments.has("n") || arguments.has("b") || arguments.has("N") || arguments.has("B");
  }

  private static long positive(Arguments arguments, String option, String noun)
      throws CommandFailure {
    long number = arguments.longNumber(option, -1);
    if (arguments.has(option) && number <= 0) {
      throw arguments.wrong("the " + noun + " quota must be greater than zero");
    }
    return number;
  }

  private static long notNegative(Arguments arguments, String option, String noun)
      throws CommandFailure {
    long number = arguments.longNumber(option, -1);
    if (arguments.has(option) && number < 0) {
      throw arguments.wrong("the " + noun + " quota must be greater than or equal to zero");
    }
    return number;
  }

  /** Servers look for one quota on the way from a znode to the root, so there must be only one. */
  private static void checkNoneBelow(Shell shell, String path)
      throws CommandFailure, Console.Stopped {
    String place = Quota.place(path);
    if (shell.await(shell.client().exists(place)).isEmpty()) {
      return;
    }
    Walk.below(
        shell,
        place,
        (each, children, depth) -> {
          if (depth > 0 && children.names().stream().anyMatch(Quota::isLimits)) {
            throw new CommandFailure(
                ExitCode.REFUSED,
                path + " has a child " + Quota.pathOf(each) + " which has a quota.");
          }
          return true;
        });
  }

  private static void checkNoneAbove(Shell shell, String path)
      throws CommandFailure, Console.Stopped {
    for (String above = path; !above.equals(Paths.ROOT); ) {
      above = Paths.parent(above);
      Outcome<Children> there = shell.await(shell.client().getChildren(Quota.place(above)));
      if (there.value().map(Children::names).orElse(java.util.List.of()).stream()
          .anyMatch(Quota::isLimits)) {
        throw new CommandFailure(
            ExitCode.REFUSED, path + " has a parent " + above + " which has a quota.");
      }
    }
  }

  private static void set(Shell shell, String path, Quota quota)
      throws CommandFailure, Console.Stopped {
    String limits = Quota.limitsOf(path);
    Outcome<Node> before = shell.await(shell.client().getData(limits));
    if (before.was(Refusal.NO_NODE)) {
      shell.await(shell.client().ensurePath(Quota.place(path)));
      shell.ask(client -> client.create(limits, quota.toBytes(), CreateMode.PERSISTENT));
      shell.ask(
          client ->
              client.create(
                  Quota.statisticsOf(path),
                  Quota.NO_STATISTICS.getBytes(UTF_8),
                  CreateMode.PERSISTENT));
      warn(shell, path, quota);
      return;
    }
    Quota after = Quota.parse(shell.ask(client -> client.getData(limits)).data()).with(quota);
    warn(shell, path, after);
    shell.ask(client -> client.setData(limits, after.toBytes(), ConclaveClient.ANY_VERSION));
  }

  private static void warn(Shell shell, String path, Quota quota)
      throws CommandFailure, Console.Stopped {
    Quota now = Quota.parse(shell.ask(client -> client.getData(Quota.statisticsOf(path))).data());
    if (isOver(quota.count(), now.count()) || isOver(quota.countHardLimit(), now.count())) {
      shell.print(
          "[Warning]: the count quota you create is less than the existing count:" + now.count());
    }
    if (isOver(quota.bytes(), now.bytes()) || isOver(quota.byteHardLimit(), now.bytes())) {
      shell.print(
          "[Warning]: the bytes quota you create is less than the existing bytes:" + now.bytes());
    }
  }

  private static boolean isOver(long limit, long now) {
    return limit > -1 && limit < now;
  }
}
