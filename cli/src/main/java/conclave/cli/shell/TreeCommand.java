package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.Sizes;
import conclave.client.Children;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Draws while it walks; what it needs to know is how many of each level are still to come. */
final class TreeCommand extends Described {
  TreeCommand() {
    super(
        "tree",
        "[-d depth] [-s] [path]",
        "draw a subtree: -d so many levels, -s with sizes and owners",
        Syntax.of(0, 1).flags("s").options("d"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String top = arguments.get(0, Paths.ROOT);
    int deepest = arguments.number("d", Integer.MAX_VALUE);
    boolean sizes = arguments.has("s");
    List<Integer> left = new ArrayList<>();
    Walk.below(
        shell,
        top,
        (path, children, depth) -> {
          if (shell.json()) {
            shell.printJson(
                Json.object(
                    "path",
                    path,
                    "depth",
                    depth,
                    "children",
                    children.names().size(),
                    "dataLength",
                    children.stat().dataLength()));
          } else {
            draw(shell, path, children, depth, left, sizes);
          }
          set(left, depth, children.names().size());
          return depth < deepest;
        });
  }

  private static void draw(
      Shell shell, String path, Children children, int depth, List<Integer> left, boolean sizes)
      throws Console.Stopped {
    Style style = shell.console().style();
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < depth - 1; i++) {
      line.append(left.get(i) > 0 ? "│   " : "    ");
    }
    if (depth > 0) {
      int now = left.get(depth - 1) - 1;
      left.set(depth - 1, now);
      line.append(now > 0 ? "├── " : "└── ");
    }
    String name = depth == 0 ? path : Paths.name(path);
    Stat stat = children.stat();
    boolean ephemeral = stat.ephemeralOwner() != 0;
    shell.print(
        style.faint(line.toString())
            + (ephemeral
                ? style.news(name)
                : children.names().isEmpty() ? name : style.strong(name))
            + (sizes ? style.faint(about(stat)) : ""));
  }

  private static String about(Stat stat) {
    return "  "
        + Sizes.text(stat.dataLength())
        + (stat.ephemeralOwner() == 0 ? "" : "  0x" + Long.toHexString(stat.ephemeralOwner()));
  }

  private static void set(List<Integer> left, int depth, int count) {
    while (left.size() <= depth) {
      left.add(0);
    }
    left.set(depth, count);
  }
}
