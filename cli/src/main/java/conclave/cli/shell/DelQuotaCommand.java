package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.protocol.Paths;

final class DelQuotaCommand extends Described {
  DelQuotaCommand() {
    super(
        "delquota",
        "[-n|-b|-N|-B] path",
        "lift a subtree's limits, or one of them",
        Syntax.of(1, 1).flags("n", "b", "N", "B"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    String limits = Quota.limitsOf(path);
    if (shell.await(shell.client().exists(limits)).isEmpty()) {
      shell.print("Quota does not exist for " + path);
      return;
    }
    boolean some =
        arguments.has("n") || arguments.has("b") || arguments.has("N") || arguments.has("B");
    if (!some) {
      delete(shell, Quota.place(path));
      return;
    }
    Quota before = Quota.parse(shell.ask(client -> client.getData(limits)).data());
    Quota after =
        new Quota(
            arguments.has("n") ? -1 : before.count(),
            arguments.has("b") ? -1 : before.bytes(),
            arguments.has("N") ? -1 : before.countHardLimit(),
            arguments.has("B") ? -1 : before.byteHardLimit());
    shell.ask(client -> client.setData(limits, after.toBytes(), ConclaveClient.ANY_VERSION));
  }

  /** The quota's own znodes, and those above that were only there for it. */
  private static void delete(Shell shell, String place) throws CommandFailure, Console.Stopped {
    for (String name : shell.ask(client -> client.getChildren(place)).names()) {
      String child = Paths.child(place, name);
      shell.ask(client -> client.delete(child, ConclaveClient.ANY_VERSION));
    }
    for (String each = place; !each.equals(Paths.QUOTA); each = Paths.parent(each)) {
      String current = each;
      Children children = shell.ask(client -> client.getChildren(current));
      if (!children.names().isEmpty()) {
        return;
      }
      shell.ask(client -> client.delete(current, ConclaveClient.ANY_VERSION));
    }
  }
}
