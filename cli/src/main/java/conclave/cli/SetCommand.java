package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.protocol.Stat;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    description = "Replaces a znode's data.",
    footer = {
      "  conclave set /config/url https://example.org",
      "  conclave set -v 3 /config/url https://example.org   # only if nobody was faster"
    })
final class SetCommand extends ClientCommand {
  @Parameters(index = "0", paramLabel = "PATH", description = "The znode.")
  String path = "";

  @Parameters(index = "1", paramLabel = "DATA", description = "Its new data, stored as UTF-8.")
  String data = "";

  @Option(names = "-s", description = "Print the metadata after the change.")
  boolean stat;

  @Option(
      names = "-v",
      paramLabel = "VERSION",
      description = "Change it only if its data has this version.")
  int version = ConclaveClient.ANY_VERSION;

  @Option(names = "-b", description = "DATA is in base64.")
  boolean base64;

  @Override
  void run(ConclaveClient client, PrintStream out) throws CommandFailure {
    Stat after = client.setData(path, toData(data, base64), version).join().orThrow();
    if (stat) {
      StatText.print(after, out);
    }
  }
}
