package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.Node;
import conclave.client.Watched;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;

final class ConfigCommand extends Described {
  ConfigCommand() {
    super(
        "config",
        "[-c] [-w] [-s]",
        "print the ensemble's configuration: -c as a connect string, -w and watch it, -s with"
            + " metadata",
        Syntax.of(0, 0).flags("c", "w", "s"));
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    Node node;
    if (arguments.has("w")) {
      Watched<Node> watched = shell.ask(client -> client.getConfigAndWatch());
      shell.watches().add(Paths.CONFIG, Watches.Kind.DATA, watched.event());
      node = watched.value();
    } else {
      node = shell.ask(client -> client.getConfig());
    }
    byte[] data = node.data();
    String text = data == null ? "null" : new String(data, UTF_8);
    String shown = arguments.has("c") ? EnsembleText.connectString(text) : text;
    if (shell.json()) {
      shell.printJson(Json.object("config", shown, "stat", StatText.object(node.stat())));
      return;
    }
    shell.print(shown);
    if (arguments.has("s")) {
      for (String line : StatText.lines(node.stat())) {
        shell.print(line);
      }
    }
  }
}
