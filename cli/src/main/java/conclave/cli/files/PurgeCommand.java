package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Sizes;
import conclave.storage.Snapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "purge",
    description = {
      "Deletes old snapshots, and the transaction logs that only those needed, as ZooKeeper's zkCleanup.sh does; a server may be running there.",
      "The newest COUNT snapshots that are whole stay, with every log from the oldest of them on. A snapshot that can't be read does not count as one."
    },
    footer = {
      "  conclave purge data -n 3 --dry-run   # what would go",
      "  conclave purge /var/lib/zookeeper/log /var/lib/zookeeper/data -n 5"
    })
public final class PurgeCommand extends FileCommand {
  private static final int FEWEST = 3;

  @Parameters(
      index = "0",
      paramLabel = "DATADIR",
      description = "The directory of the logs (dataLogDir, or dataDir where that has both).")
  Path logs = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "SNAPDIR",
      description = "The directory of the snapshots (dataDir). Default: DATADIR.")
  @Nullable Path snapshots;

  @Option(
      names = {"-n", "--count"},
      required = true,
      paramLabel = "COUNT",
      description = "How many snapshots stay, at least 3.")
  int count;

  @Option(names = "--dry-run", description = "Only say what would go.")
  boolean dryRun;

  @Override
  int run() throws IOException, CommandFailure {
    if (count < FEWEST) {
      throw new CommandFailure(
          ExitCode.USAGE, "-n " + count + " is too few: at least " + FEWEST + " snapshots stay.");
    }
    Path snapshotDirectory = snapshots == null ? logs : snapshots;
    Snapshots found = Snapshots.at(disk(), withoutVersion(snapshotDirectory), withoutVersion(logs));
    List<Path> files = found.purgeable(count);
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
      print((dryRun ? "would delete " : "deleting ") + file);
    }
    if (!dryRun && !files.isEmpty()) {
      found.purge(count);
    }
    print(
        files.isEmpty()
            ? "Nothing is old enough to go."
            : Texts.count(files.size(), "file")
                + ", "
                + Sizes.text(bytes)
                + (dryRun ? ", would go." : ", gone."));
    return ExitCode.DONE;
  }

  /** Both {@code data} and {@code data/version-2} are what people call the data directory. */
  private static Path withoutVersion(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    return absolute.endsWith("version-2") && absolute.getParent() != null
        ? absolute.getParent()
        : directory;
  }
}
