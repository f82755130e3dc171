package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.recipes.json.Json;
import conclave.storage.SnapshotFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "compare",
    description = {
      "Says which znodes only one of two snapshots has, whose data differ, and with -b or -n by how much subtrees have grown or shrunk. As with ZooKeeper's zkSnapshotComparer.sh, ephemeral znodes and sessions don't count.",
      "The exit code is 0 when nothing differs by more than the thresholds, else 1."
    },
    footer = {
      "  conclave snapshot compare snapshot.1f snapshot.2c",
      "  conclave snapshot compare -l snapshot.1f -r snapshot.2c.gz -b 1000 -n 10"
    })
final class SnapshotCompareCommand extends FileCommand {
  @Parameters(index = "0", arity = "0..1", paramLabel = "LEFT", description = "The one snapshot.")
  @Nullable Path leftArgument;

  @Parameters(index = "1", arity = "0..1", paramLabel = "RIGHT", description = "The other one.")
  @Nullable Path rightArgument;

  @Option(
      names = {"-l", "--left"},
      paramLabel = "FILE",
      description = "The same as LEFT.")
  @Nullable Path leftOption;

  @Option(
      names = {"-r", "--right"},
      paramLabel = "FILE",
      description = "The same as RIGHT.")
  @Nullable Path rightOption;

  @Option(
      names = {"-b", "--bytes"},
      paramLabel = "BYTES",
      description = "Tell of a difference only where it is larger than this.")
  @Nullable Long bytes;

  @Option(
      names = {"-n", "--nodes"},
      paramLabel = "COUNT",
      description = "Or where more than so many znodes came or went.")
  @Nullable Long nodes;

  @Option(
      names = {"-d", "--debug-nodes"},
      description = "Tell of every znode in a subtree that only one side has.")
  boolean every;

  @Option(names = "--json", description = "Print a JSON object a line.")
  boolean json;

  @Override
  int run() throws IOException, CommandFailure {
    Path left = leftOption != null ? leftOption : leftArgument;
    Path right = rightOption != null ? rightOption : rightArgument;
    if (leftOption != null && right == null) {
      right = leftArgument;
    }
    if (left == null || right == null) {
      throw new CommandFailure(ExitCode.USAGE, "Which two snapshots? Give LEFT and RIGHT.");
    }
    TreeComparison comparison = new TreeComparison();
    SnapshotFile.open(disk(), left).read(comparison.left());
    SnapshotFile.open(disk(), right).read(comparison.right());
    if (!json) {
      print("left   " + left + ": " + total(comparison.leftTotal()));
      print("right  " + right + ": " + total(comparison.rightTotal()));
    }
    long told = comparison.tell(bytes, nodes, every, this::print);
    if (told == 0 && !json) {
      print("They are the same" + (bytes == null && nodes == null ? "." : ", as far as asked."));
    }
    return told == 0 ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private void print(TreeComparison.Difference difference) {
    print(json ? Json.line(object(difference)) : line(difference));
  }

  private static String total(TreeComparison.Sum sum) {
    return Texts.count(sum.nodes(), "znode") + ", " + Texts.count(sum.bytes(), "byte");
  }

  private static String line(TreeComparison.Difference d) {
    return switch (d.kind()) {
      case ONLY_LEFT -> "only left   " + d.path() + "  " + total(d.left());
      case ONLY_RIGHT -> "only right  " + d.path() + "  " + total(d.right());
      case DATA ->
          "data        "
              + d.path()
              + "  "
              + (d.left().bytes() == d.right().bytes()
                  ? d.left().bytes() + " B, other content"
                  : d.left().bytes() + " B -> " + d.right().bytes() + " B");
      case SUBTREE ->
          String.format(
              java.util.Locale.ROOT,
              "subtree     %s  %+,d znodes, %+,d bytes",
              d.path(),
              d.right().nodes() - d.left().nodes(),
              d.right().bytes() - d.left().bytes());
    };
  }

  private static Map<String, @Nullable Object> object(TreeComparison.Difference d) {
    return Json.object(
        "difference",
        switch (d.kind()) {
          case ONLY_LEFT -> "onlyLeft";
          case ONLY_RIGHT -> "onlyRight";
          case DATA -> "data";
          case SUBTREE -> "subtree";
        },
        "path",
        d.path(),
        "leftNodes",
        d.left().nodes(),
        "leftBytes",
        d.left().bytes(),
        "rightNodes",
        d.right().nodes(),
        "rightBytes",
        d.right().bytes());
  }
}
