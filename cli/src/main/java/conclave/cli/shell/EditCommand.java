package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.DataText;
import conclave.cli.common.ExitCode;
import conclave.client.Node;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.Paths;
import conclave.protocol.Stat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

final class EditCommand extends Described {
  private final Function<String, @Nullable String> environment;

  /**
   * @param environment where {@code VISUAL} and {@code EDITOR} are looked up
   */
  EditCommand(Function<String, @Nullable String> environment) {
    super("edit", "path", "change a znode's data in $EDITOR", Syntax.of(1, 1));
    this.environment = environment;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String path = arguments.get(0);
    Node node = shell.ask(client -> client.getData(path));
    byte @Nullable [] data = node.data();
    String before = data == null ? "" : DataText.text(data);
    if (before == null) {
      throw new CommandFailure(
          ExitCode.REFUSED, path + " holds no text; \"get -b\" and \"set -b\" take it in base64.");
    }
    try {
      Path file = Files.createTempFile(Paths.name(path) + "-", ".txt");
      Files.writeString(file, before, UTF_8);
      String after = edit(shell, file, before);
      if (after.equals(before)) {
        shell.print("Nothing has changed.");
        Files.delete(file);
        return;
      }
      store(shell, path, node, after, file);
      Files.delete(file);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The editor could not be run: " + e.getMessage() + ".", e);
    }
  }

  private String edit(Shell shell, Path file, String before)
      throws IOException, CommandFailure, Console.Stopped {
    // The editor's variable may have arguments, so a shell takes it apart.
    List<String> command = List.of("sh", "-c", editor() + " \"$1\"", "sh", file.toString());
    int code = shell.console().runProgram(command);
    if (code != 0) {
      Files.delete(file);
      throw new CommandFailure(
          ExitCode.REFUSED, "The editor ended with " + code + "; nothing was changed.");
    }
    String after = Files.readString(file, UTF_8);
    // Editors end a file with a newline that was not there.
    return !before.endsWith("\n") && after.endsWith("\n")
        ? after.substring(0, after.length() - 1)
        : after;
  }

  private String editor() {
    for (String name : List.of("VISUAL", "EDITOR")) {
      String value = environment.apply(name);
      if (value != null && !value.isBlank()) {
        return value;
      }
    }
    return "vi";
  }

  private static void store(Shell shell, String path, Node node, String after, Path file)
      throws CommandFailure, Console.Stopped {
    Outcome<Stat> outcome =
        shell.await(shell.client().setData(path, after.getBytes(UTF_8), node.stat().version()));
    if (outcome.was(Refusal.BAD_VERSION)) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "version No is not valid : "
              + path
              + "; somebody else has changed it meanwhile. Your text is in "
              + file
              + ".");
    }
    Stat stat = shell.result(CompletableFuture.completedFuture(outcome));
    shell.print("Set " + path + ", version " + stat.version() + ".");
  }
}
