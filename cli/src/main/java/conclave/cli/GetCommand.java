package conclave.cli;

import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.client.WatchEvent;
import conclave.client.Watched;
import java.io.PrintStream;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "get",
    description = "Prints a znode's data, as it is, with a newline behind it.",
    footer = {
      "  conclave get /config/url",
      "  conclave get -s /config/url",
      "  conclave get -w /leader   # then wait for its next change"
    })
final class GetCommand extends ClientCommand {
  @Parameters(paramLabel = "PATH", description = "The znode.")
  String path = "";

  @Option(names = "-s", description = "Print its metadata too.")
  boolean stat;

  @Option(
      names = "-w",
      description = "Wait for the znode's next change, print what it was, and end.")
  boolean watch;

  @ArgGroup(exclusive = true)
  Form form = new Form();

  static final class Form {
    @Option(names = "-b", description = "Print the data in base64.")
    boolean base64;

    @Option(names = "-x", description = "Print the data in hexadecimal.")
    boolean hex;
  }

  @Override
  void run(ConclaveClient client, PrintStream out) {
    CompletableFuture<WatchEvent> change = null;
    Node node;
    if (watch) {
      Watched<Node> watched = client.getDataAndWatch(path).join().orThrow();
      node = watched.value();
      change = watched.event();
    } else {
      node = client.getData(path).join().orThrow();
    }
    byte[] data = node.data();
    if (data != null) {
      print(data, out);
    }
    if (stat) {
      StatText.print(node.stat(), out);
    }
    if (change != null) {
      awaitEvent(change);
    }
  }

  private void print(byte[] data, PrintStream out) {
    if (form.base64) {
      out.println(Base64.getEncoder().encodeToString(data));
    } else if (form.hex) {
      out.println(HexFormat.of().formatHex(data));
    } else {
      out.write(data, 0, data.length);
      out.println();
    }
  }
}
