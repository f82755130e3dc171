package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.client.Watched;
import conclave.protocol.Stat;
import java.io.PrintStream;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "stat",
    description = "Prints a znode's metadata, in the words of ZooKeeper's own shell.",
    footer = {
      "  conclave stat /config",
      "  conclave stat -w /leader   # then wait for its creation, change or end"
    })
final class StatCommand extends ClientCommand {
  @Parameters(paramLabel = "PATH", description = "The znode.")
  String path = "";

  @Option(
      names = "-w",
      description =
          "Wait for the znode's next change, also its creation, print what it was, and end.")
  boolean watch;

  @Override
  void run(ConclaveClient client, PrintStream out) throws CommandFailure {
    if (watch) {
      Watched<Optional<Stat>> watched = client.existsAndWatch(path).join();
      watched.value().ifPresent(found -> StatText.print(found, out));
      awaitEvent(watched.event());
      return;
    }
    Optional<Stat> stat = client.exists(path).join();
    stat.ifPresent(found -> StatText.print(found, out));
    if (stat.isEmpty()) {
      throw new CommandFailure(ExitCode.REFUSED, path + " does not exist.");
    }
  }
}
