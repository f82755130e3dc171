package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.recipes.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

final class ExportCommand extends Described {
  ExportCommand() {
    super(
        "export",
        "path [file]",
        "write a subtree with its data and permissions as JSON, to a file or here; ephemeral znodes"
            + " stay out",
        Syntax.of(1, 2));
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String top = arguments.get(0);
    List<String> znodes = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    TreeReader.read(
        shell,
        top,
        (path, node, acl) -> {
          if (node.stat().ephemeralOwner() != 0) {
            leftOut.add(path);
          } else {
            znodes.add(Json.line(Export.object(Export.relative(top, path), node.data(), acl)));
          }
        });
    String text =
        "{\"format\":"
            + Json.line(Export.FORMAT)
            + ",\"path\":"
            + Json.line(top)
            + ",\"znodes\":[\n"
            + String.join(",\n", znodes)
            + "\n]}";
    String file = arguments.getOrNull(1);
    if (file == null) {
      for (String line : text.split("\n", -1)) {
        shell.print(line);
      }
    } else {
      write(file, text + "\n");
    }
    shell.tell(
        znodes.size()
            + (znodes.size() == 1 ? " znode" : " znodes")
            + where(file)
            + (leftOut.isEmpty() ? "." : "; " + leftOut.size() + " ephemeral left out."));
  }

  private static String where(@Nullable String file) {
    return file == null ? "" : " in " + file;
  }

  private static void write(String file, String text) throws CommandFailure {
    try {
      Files.writeString(Path.of(file), text, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The file " + file + " can't be written: " + e.getMessage() + ".", e);
    }
  }
}
