package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.StatText;
import conclave.client.Node;
import conclave.client.Watched;
import conclave.recipes.json.Json;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

final class GetCommand extends Described {
  GetCommand() {
    super(
        "get",
        "[-s] [-w] [-b] [-x] path",
        "print a znode's data: -s with metadata, -w and watch it, -b in base64, -x as a hex dump",
        Syntax.of(1, 1).flags("s", "w", "b", "x"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    Node node;
    if (arguments.has("w")) {
      Watched<Node> watched = shell.ask(client -> client.getDataAndWatch(path));
      shell.watches().add(path, Watches.Kind.DATA, watched.event());
      node = watched.value();
    } else {
      node = shell.ask(client -> client.getData(path));
    }
    if (shell.json()) {
      Map<String, @Nullable Object> object = Json.object("path", path);
      DataText.put(object, node.data());
      object.put("stat", StatText.object(node.stat()));
      shell.printJson(object);
      return;
    }
    print(arguments, shell, node.data());
    if (arguments.has("s")) {
      for (String line : StatText.lines(node.stat())) {
        shell.print(line);
      }
    }
  }

  private static void print(Arguments arguments, Shell shell, byte @Nullable [] data)
      throws Console.Stopped {
    // As in zkCli, data that are not there at all are shown as the word.
    byte[] shown = data == null ? "null".getBytes(UTF_8) : data;
    if (arguments.has("x")) {
      shell.print(ByteBufUtil.prettyHexDump(Unpooled.wrappedBuffer(shown)));
    } else if (arguments.has("b")) {
      shell.print(Base64.getEncoder().encodeToString(shown));
    } else {
      shell.console().printBytes(shown);
    }
  }
}
