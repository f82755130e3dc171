package conclave.cli;

import conclave.client.ConclaveClient;
import java.io.PrintStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "delete",
    description = "Removes a znode that has no children.",
    footer = {
      "  conclave delete /config/url",
      "  conclave delete -v 3 /config/url   # only if it has not changed since"
    })
final class DeleteCommand extends ClientCommand {
  @Parameters(paramLabel = "PATH", description = "The znode.")
  String path = "";

  @Option(
      names = "-v",
      paramLabel = "VERSION",
      description = "Remove it only if its data has this version.")
  int version = ConclaveClient.ANY_VERSION;

  @Override
  void run(ConclaveClient client, PrintStream out) {
    client.delete(path, version).join().orThrow();
  }
}
