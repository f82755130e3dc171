package conclave.cli.files;

import conclave.cli.common.ExitCode;
import conclave.protocol.Acl;
import conclave.state.StoredStat;
import conclave.storage.DamagedException;
import conclave.storage.SnapshotFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Reads snapshots whole and checks every checksum in them and that they are complete.",
      "What is wrong is told with file and offset (in the unpacked content, where a file is packed), and the exit code is 1."
    },
    footer = {
      "  conclave snapshot verify data",
      "  conclave snapshot verify /backup/snapshot.*.gz"
    })
final class SnapshotVerifyCommand extends FileCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Snapshots, or a data directory for all that are in it.")
  List<Path> files = new ArrayList<>();

  @Override
  int run() throws IOException {
    int bad = 0;
    for (Path argument : files) {
      for (Path file : Files.isDirectory(argument) ? in(argument) : List.of(argument)) {
        bad += isGood(file) ? 0 : 1;
      }
    }
    return bad == 0 ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private static List<Path> in(Path directory) throws IOException {
    Path below = directory.resolve("version-2");
    try (Stream<Path> entries = Files.list(Files.isDirectory(below) ? below : directory)) {
      return entries
          .filter(file -> SnapshotFile.zxidInName(file) >= 0)
          .sorted(Comparator.comparingLong(SnapshotFile::zxidInName))
          .toList();
    }
  }

  private boolean isGood(Path file) throws IOException {
    Counts counts = new Counts();
    try {
      SnapshotFile snapshot = SnapshotFile.open(disk(), file);
      snapshot.read(counts);
    } catch (DamagedException e) {
      warn(
          e.getMessage()
              + " (after "
              + Texts.count(counts.nodes, "znode")
              + "). A server passes over it and starts with an older one.");
      return false;
    }
    print(
        file
            + ": "
            + Texts.count(counts.nodes, "znode")
            + ", "
            + Texts.count(counts.sessions, "session")
            + ", whole");
    return true;
  }

  private static final class Counts implements SnapshotFile.Visitor {
    long nodes;
    long sessions;

    @Override
    public void session(long id, int timeoutMs) {
      sessions++;
    }

    @Override
    public void node(String path, byte @Nullable [] data, List<Acl> acl, StoredStat stat) {
      nodes++;
    }
  }
}
