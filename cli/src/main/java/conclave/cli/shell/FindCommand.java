package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

final class FindCommand extends Described {
  FindCommand() {
    super(
        "find",
        "[path] [-name glob] [-data text] [-type p|e] [-larger bytes] [-owner session]",
        "print the znodes that fit: -name as *.conf, -data with this text in it, -type persistent or"
            + " ephemeral",
        Syntax.of(0, 1).options("name", "data", "type", "larger", "owner"));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String glob = arguments.option("name");
    Pattern name = glob == null ? null : pattern(glob);
    String type = arguments.option("type");
    if (type != null && !type.matches("[pe]")) {
      throw arguments.wrong("-type takes p or e");
    }
    long larger = arguments.longNumber("larger", -1);
    Long owner = owner(arguments);
    String data = arguments.option("data");
    Walk.below(
        shell,
        arguments.get(0, Paths.ROOT),
        (path, children, depth) -> {
          Stat stat = children.stat();
          if ((name == null || name.matcher(Paths.name(path)).matches())
              && (type == null || type.equals(type(stat)))
              && stat.dataLength() > larger
              && (owner == null || owner == stat.ephemeralOwner())
              && (data == null || contains(shell, path, data))) {
            if (shell.json()) {
              shell.printJson(path);
            } else {
              shell.print(path);
            }
          }
          return true;
        });
  }

  private static @Nullable Long owner(Arguments arguments) throws CommandFailure {
    String text = arguments.option("owner");
    if (text == null) {
      return null;
    }
    try {
      return Long.parseUnsignedLong(text.startsWith("0x") ? text.substring(2) : text, 16);
    } catch (NumberFormatException e) {
      throw arguments.wrong("-owner takes a session as 0x1000000a1b20000");
    }
  }

  /** A star is any text, a question mark any character. */
  private static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    for (char c : glob.toCharArray()) {
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** Servers don't tell clients of containers and times to live. */
  private static String type(Stat stat) {
    return stat.ephemeralOwner() == 0 ? "p" : "e";
  }

  private static boolean contains(Shell shell, String path, String text)
      throws CommandFailure, Console.Stopped {
    Outcome<Node> outcome = shell.await(shell.client().getData(path));
    // One that went meanwhile, or that may not be read, has nothing to be found.
    byte[] data = outcome.value().map(Node::data).orElse(null);
    return data != null && new String(data, UTF_8).contains(text);
  }
}
