package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.client.ConclaveClient;
import conclave.client.Created;
import conclave.client.Outcome;
import conclave.client.Refusal;
import conclave.protocol.Acl;
import conclave.protocol.CreateMode;
import conclave.protocol.Id;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

final class ImportCommand extends Described {
  ImportCommand() {
    super(
        "import",
        "[-u] [-n] file [path]",
        "make the znodes of an export, at its path or another: -u overwrites those that exist, -n"
            + " only says what would be done",
        Syntax.of(1, 2).flags("u", "n"));
  }

  @Override
  public boolean takesPaths() {
    return true;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String file = arguments.get(0);
    String text = read(file);
    List<Export.Znode> znodes;
    String top;
    try {
      znodes = Export.parse(text);
      top = arguments.get(1, topOf(text));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE, file + " is not an export of this shell: " + e.getMessage() + ".", e);
    }
    Set<String> existing = existing(shell, top, znodes);
    if (!existing.isEmpty() && !arguments.has("u")) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "Node already exists: "
              + existing.stream().sorted().findFirst().orElse("")
              + (existing.size() > 1 ? " and " + (existing.size() - 1) + " more" : "")
              + "; nothing was done. -u overwrites data and permissions of what exists.");
    }
    if (arguments.has("n")) {
      for (Export.Znode znode : znodes) {
        String path = Export.absolute(top, znode.path());
        shell.print((existing.contains(path) ? "would set    " : "would create ") + path);
      }
      return;
    }
    write(shell, top, znodes, existing);
    int created = znodes.size() - existing.size();
    if (shell.json()) {
      shell.printJson(Json.object("created", created, "set", existing.size()));
    } else {
      shell.print(created + " created, " + existing.size() + " set.");
    }
  }

  private static String topOf(String text) {
    return Json.parse(text) instanceof java.util.Map<?, ?> map
            && map.get("path") instanceof String s
        ? s
        : Paths.ROOT;
  }

  private static String read(String file) throws CommandFailure {
    try {
      return Files.readString(Path.of(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new CommandFailure(ExitCode.USAGE, "The file " + file + " does not exist.", e);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The file " + file + " can't be read: " + e.getMessage() + ".", e);
    }
  }

  private static Set<String> existing(Shell shell, String top, List<Export.Znode> znodes)
      throws CommandFailure, Console.Stopped {
    Set<String> existing = new HashSet<>();
    for (Export.Znode znode : znodes) {
      String path = Export.absolute(top, znode.path());
      if (shell.await(shell.client().exists(path)).isPresent()) {
        existing.add(path);
      }
    }
    return existing;
  }

  private static void write(
      Shell shell, String top, List<Export.Znode> znodes, Set<String> existing)
      throws CommandFailure, Console.Stopped {
    if (!top.equals(Paths.ROOT)) {
      shell.await(shell.client().ensurePath(Paths.parent(top)));
    }
    Progress progress = shell.progress();
    List<Export.Znode> closeLater = new ArrayList<>();
    int done = 0;
    for (Export.Znode znode : znodes) {
      String path = Export.absolute(top, znode.path());
      if (existing.contains(path)) {
        shell.ask(client -> client.setData(path, znode.data(), ConclaveClient.ANY_VERSION));
        closeLater.add(znode);
      } else if (znode.acl().equals(Acl.OPEN)) {
        create(shell, path, znode, Acl.OPEN);
      } else {
        create(shell, path, znode, withRoomForChildren(znode.acl()));
        closeLater.add(znode);
      }
      progress.show(++done, znodes.size(), done + " of " + znodes.size() + " znodes");
    }
    // Children before parents, so that who may change a parent's ACL needs no right on it any more.
    for (int i = closeLater.size() - 1; i >= 0; i--) {
      Export.Znode znode = closeLater.get(i);
      String path = Export.absolute(top, znode.path());
      shell.ask(client -> client.setAcl(path, znode.acl(), ConclaveClient.ANY_VERSION));
    }
    progress.clear();
  }

  /**
   * Until all is made, everybody may make children and set permissions, but nobody reads what the
   * final permissions don't let them.
   */
  private static List<Acl> withRoomForChildren(List<Acl> acl) {
    List<Acl> wider = new ArrayList<>(acl);
    wider.add(new Acl(Acl.CREATE | Acl.ADMIN, Id.ANYONE));
    return wider;
  }

  private static void create(Shell shell, String path, Export.Znode znode, List<Acl> acl)
      throws CommandFailure, Console.Stopped {
    Outcome<Created> outcome =
        shell.await(shell.client().create(path, znode.data(), CreateMode.PERSISTENT, acl));
    if (!outcome.was(Refusal.NODE_EXISTS)) {
      shell.result(CompletableFuture.completedFuture(outcome));
    }
  }
}
