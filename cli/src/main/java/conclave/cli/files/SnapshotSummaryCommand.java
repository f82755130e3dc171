package conclave.cli.files;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.protocol.Acl;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import conclave.state.StoredStat;
import conclave.storage.SnapshotFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "summary",
    description =
        "Says how many znodes and bytes of data there are in each subtree of a snapshot, the znode at its top included.",
    footer = {
      "  conclave snapshot summary data/version-2/snapshot.1f",
      "  conclave snapshot summary --from /brokers --depth 3 --by bytes snapshot.1f"
    })
final class SnapshotSummaryCommand extends FileCommand {
  @Parameters(paramLabel = "FILE", description = "The snapshot.")
  Path file = Path.of("");

  @Option(names = "--from", paramLabel = "PATH", description = "Where to begin. Default: /.")
  String from = Paths.ROOT;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description = "How many levels below that. Default: 1.")
  int depth = 1;

  @Option(
      names = "--by",
      paramLabel = "ORDER",
      description = "Sort by path, nodes or bytes. Default: path.")
  Order by = Order.path;

  @Option(names = "--json", description = "Print a JSON object a line.")
  boolean json;

  /** In lower case, for people type them. */
  enum Order {
    path,
    nodes,
    bytes
  }

  private static final class Sum {
    final String path;
    long nodes;
    long bytes;

    Sum(String path) {
      this.path = path;
    }
  }

  private final Map<String, Sum> sums = new HashMap<>();

  @Override
  int run() throws IOException, CommandFailure {
    String problem = Paths.problem(from);
    if (problem != null || depth < 0) {
      throw new CommandFailure(
          ExitCode.USAGE,
          problem != null ? "--from \"" + from + "\": " + problem + "." : "--depth begins with 0.");
    }
    SnapshotFile.open(disk(), file)
        .read(
            new SnapshotFile.Visitor() {
              @Override
              public void node(String path, byte @Nullable [] data, List<Acl> acl, StoredStat s) {
                if (TxnFilter.isAtOrBelow(path, from)) {
                  add(path, data == null ? 0 : data.length);
                }
              }
            });
    if (sums.isEmpty()) {
      throw new CommandFailure(ExitCode.REFUSED, file + " has no znode " + from + ".");
    }
    if (!json) {
      print(String.format(Locale.ROOT, "%12s %15s  %s", "NODES", "BYTES", "SUBTREE"));
    }
    sums.values().stream().sorted(order()).forEach(this::printSum);
    return ExitCode.DONE;
  }

  /** To the sums of {@link #from} and of as many levels below it as are shown. */
  private void add(String path, int bytes) {
    int end = from.length();
    addTo(from, bytes);
    int shown = path.length() == 1 ? depth : 0;
    int at = from.equals(Paths.ROOT) ? 0 : end;
    while (shown < depth && at < path.length()) {
      int slash = path.indexOf('/', at + 1);
      at = slash < 0 ? path.length() : slash;
      addTo(path.substring(0, at), bytes);
      shown++;
    }
  }

  private void addTo(String path, int bytes) {
    Sum sum = sums.computeIfAbsent(path, Sum::new);
    sum.nodes++;
    sum.bytes += bytes;
  }

  private Comparator<Sum> order() {
    // A slash sorts before every other character, so that a subtree stays together.
    Comparator<Sum> byPath = Comparator.comparing(sum -> sum.path.replace('/', '\0'));
    return switch (by) {
      case path -> byPath;
      case nodes -> Comparator.<Sum>comparingLong(sum -> -sum.nodes).thenComparing(byPath);
      case bytes -> Comparator.<Sum>comparingLong(sum -> -sum.bytes).thenComparing(byPath);
    };
  }

  private void printSum(Sum sum) {
    print(
        json
            ? Json.line(Json.object("path", sum.path, "nodes", sum.nodes, "bytes", sum.bytes))
            : String.format(Locale.ROOT, "%,12d %,15d  %s", sum.nodes, sum.bytes, sum.path));
  }
}
