package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.client.Outcome;
import conclave.client.Watched;
import conclave.recipes.json.Json;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

final class LsCommand extends Described {
  LsCommand() {
    super(
        "ls",
        "[-s] [-w] [-R] path",
        "list a znode's children",
        Syntax.of(1, 1).flags("s", "w", "R"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    boolean watch = arguments.has("w");
    if (arguments.has("R")) {
      Walk.below(
          shell,
          path,
          each -> ask(shell, shell.clientOrNull(), each, watch),
          (each, children, depth) -> {
            if (shell.json()) {
              shell.printJson(each);
            } else {
              shell.print(each);
            }
            return true;
          });
      return;
    }
    shell.client();
    Children children = shell.result(ask(shell, shell.clientOrNull(), path, watch));
    List<String> names = children.names().stream().sorted().toList();
    if (shell.json()) {
      Map<String, @Nullable Object> object = Json.object("path", path, "children", names);
      if (arguments.has("s")) {
        object.put("stat", StatText.object(children.stat()));
      }
      shell.printJson(object);
      return;
    }
    printNames(shell, names);
    if (arguments.has("s")) {
      for (String line : StatText.lines(children.stat())) {
        shell.print(line);
      }
    }
  }

  /** zkCli has all on one line; where somebody looks at many, one a line can be paged. */
  private static void printNames(Shell shell, List<String> names) throws Console.Stopped {
    int many = 100;
    if (!shell.console().isInteractive() || names.size() <= many) {
      shell.print("[" + String.join(", ", names) + "]");
      return;
    }
    for (String name : names) {
      shell.print(name);
    }
  }

  private static CompletableFuture<Outcome<Children>> ask(
      Shell shell, @Nullable ConclaveClient client, String path, boolean watch) {
    if (client == null) {
      throw new IllegalStateException("asked without a session");
    }
    if (!watch) {
      return client.getChildren(path);
    }
    return client
        .getChildrenAndWatch(path)
        .thenApply(
            outcome -> {
              if (outcome instanceof Outcome.Done<Watched<Children>> done) {
                shell.watches().add(path, Watches.Kind.CHILDREN, done.result().event());
              }
              return outcome.map(Watched::value);
            });
  }
}
