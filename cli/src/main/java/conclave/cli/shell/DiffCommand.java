package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.ExitCode;
import conclave.recipes.json.Json;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Like diff: the exit code is 1 where anything differs. */
final class DiffCommand extends Described {
  DiffCommand() {
    super(
        "diff",
        "[-v] left right",
        "compare two subtrees: - only left, + only right, ~ other data; -v shows the data",
        Syntax.of(2, 2).flags("v"));
  }

  /** Data that may be absent; a map can't hold null. */
  private record Content(byte @Nullable [] data) {
    boolean isLike(Content other) {
      return Arrays.equals(data, other.data);
    }
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    Map<String, Content> left = read(shell, arguments.get(0));
    Map<String, Content> right = read(shell, arguments.get(1));
    Map<String, Content> both = new TreeMap<>(left);
    both.putAll(right);
    boolean differ = false;
    for (String path : both.keySet()) {
      Content mine = left.get(path);
      Content other = right.get(path);
      if (mine == null || other == null || !mine.isLike(other)) {
        differ = true;
        print(shell, path, mine, other, arguments.has("v"));
      }
    }
    shell.exitCode(differ ? ExitCode.REFUSED : ExitCode.DONE);
  }

  private static Map<String, Content> read(Shell shell, String top)
      throws CommandFailure, Console.Stopped {
    Map<String, Content> found = new TreeMap<>();
    TreeReader.read(
        shell,
        top,
        (path, node, acl) -> found.put(Export.relative(top, path), new Content(node.data())));
    return found;
  }

  private static void print(
      Shell shell, String path, @Nullable Content left, @Nullable Content right, boolean data)
      throws Console.Stopped {
    if (shell.json()) {
      String kind = left == null ? "onlyRight" : right == null ? "onlyLeft" : "data";
      shell.printJson(Json.object("difference", kind, "path", path));
      return;
    }
    Style style = shell.console().style();
    if (left == null && right != null) {
      shell.print(style.good("+ " + path) + (data ? "  " + DataText.whole(right.data) : ""));
    } else if (right == null && left != null) {
      shell.print(style.error("- " + path) + (data ? "  " + DataText.whole(left.data) : ""));
    } else if (left != null && right != null) {
      shell.print(style.news("~ " + path));
      if (data) {
        shell.print("    " + style.error("- " + DataText.whole(left.data)));
        shell.print("    " + style.good("+ " + DataText.whole(right.data)));
      }
    }
  }
}
