package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.recipes.json.Json;
import org.jspecify.annotations.Nullable;

final class ListQuotaCommand extends Described {
  ListQuotaCommand() {
    super("listquota", "path", "print a subtree's limits and what it has", Syntax.of(1, 1));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    if (!shell.json()) {
      shell.tell("absolute path is " + Quota.limitsOf(path));
    }
    Outcome<Node> limits = shell.await(shell.client().getData(Quota.limitsOf(path)));
    if (limits.was(Refusal.NO_NODE)) {
      shell.tell("quota for " + path + " does not exist.");
      return;
    }
    String limit = text(limits.orThrow());
    String statistics = text(shell.ask(client -> client.getData(Quota.statisticsOf(path))));
    if (shell.json()) {
      shell.printJson(Json.object("path", path, "quota", limit, "stat", statistics));
      return;
    }
    shell.print("Output quota for " + path + " " + limit);
    shell.print("Output stat for " + path + " " + statistics);
  }

  private static String text(Node node) {
    byte @Nullable [] data = node.data();
    return data == null ? "" : new String(data, UTF_8);
  }
}
