package conclave.cli.shell;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.StatText;
import conclave.client.ConclaveClient;
import conclave.client.Node;
import conclave.recipes.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

final class ReconfigCommand extends Described {
  ReconfigCommand() {
    super(
        "reconfig",
        "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] |"
            + " [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
        "change who belongs to the ensemble",
        Syntax.of(0, 0).flags("s").options("v", "file", "members", "add", "remove"));
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    boolean whole = arguments.has("file") || arguments.has("members");
    boolean change = arguments.has("add") || arguments.has("remove");
    if (!whole && !change) {
      throw arguments.wrong("what is to change");
    }
    if (whole && change) {
      throw arguments.wrong(
          "Can't use -file or -members together with -add or -remove (mixing incremental and"
              + " non-incremental modes is not allowed)");
    }
    if (arguments.has("file") && arguments.has("members")) {
      throw arguments.wrong(
          "Can't use -file and -members together (conflicting non-incremental modes)");
    }
    String file = arguments.option("file");
    String members = file == null ? lower(arguments.option("members")) : read(file);
    long version = version(arguments);
    Node node =
        shell.ask(
            client ->
                client.reconfigure(
                    lower(arguments.option("add")),
                    lower(arguments.option("remove")),
                    members,
                    version));
    byte[] data = node.data();
    String text = data == null ? "" : new String(data, UTF_8);
    if (shell.json()) {
      shell.printJson(Json.object("config", text, "stat", StatText.object(node.stat())));
      return;
    }
    shell.print("Committed new configuration:");
    shell.print(text);
    if (arguments.has("s")) {
      for (String line : StatText.lines(node.stat())) {
        shell.print(line);
      }
    }
  }

  private static @Nullable String lower(@Nullable String text) {
    return text == null ? null : text.toLowerCase(Locale.ROOT);
  }

  /** As ZooKeeper prints it, in hexadecimal. */
  private static long version(Arguments arguments) throws CommandFailure {
    String text = arguments.option("v");
    try {
      return text == null ? ConclaveClient.ANY_VERSION : Long.parseLong(text, 16);
    } catch (NumberFormatException e) {
      throw arguments.wrong("-v must be followed by a long (configuration version)");
    }
  }

  private static String read(String file) throws CommandFailure {
    try {
      return EnsembleText.members(Files.readString(Path.of(file)));
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The file " + file + " can't be read: " + e.getMessage() + ".", e);
    }
  }
}
