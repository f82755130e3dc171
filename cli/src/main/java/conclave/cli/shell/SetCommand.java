package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

final class SetCommand extends Described {
  SetCommand() {
    super(
        "set",
        "path data [-s] [-v version] [-b]",
        "replace a znode's data: -v only if it has this version, -b the data are in base64",
        Syntax.of(2, 2).flags("s", "b").options("v"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    byte[] data = data(arguments);
    int version = arguments.number("v", ConclaveClient.ANY_VERSION);
    Stat stat =
        DataLimit.with(
            data, () -> shell.ask(client -> client.setData(arguments.get(0), data, version)));
    if (shell.json()) {
      shell.printJson(Json.object("set", arguments.get(0), "stat", StatText.object(stat)));
    } else if (arguments.has("s")) {
      for (String line : StatText.lines(stat)) {
        shell.print(line);
      }
    }
  }

  private static byte[] data(Arguments arguments) throws CommandFailure {
    String text = arguments.get(1);
    if (!arguments.has("b")) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw arguments.wrong("with -b the data must be base64");
    }
  }
}
