package conclave.cli.shell;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The commands that there are, by name. */
final class Commands {
  private final Map<String, ShellCommand> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  private Commands(List<ShellCommand> commands) {
    commands.forEach(command -> byName.put(command.name(), command));
  }

  /**
   * All of them.
   *
   * @param version what {@code version} says
   * @param environment where the editor is looked up
   */
  static Commands all(String version, Function<String, @Nullable String> environment) {
    return new Commands(
        List.of(
            new AddAuthCommand(),
            new AddWatchCommand(),
            new CloseCommand(),
            new ConfigCommand(),
            new ConnectCommand(),
            new CreateCommand(),
            new DelQuotaCommand(),
            new DeleteAllCommand(),
            new DeleteCommand(),
            new DiffCommand(),
            new EditCommand(environment),
            new QuitCommand("exit"),
            new ExportCommand(),
            new FindCommand(),
            new GetAclCommand(),
            new GetAllChildrenNumberCommand(),
            new GetCommand(),
            new GetEphemeralsCommand(),
            new HelpCommand(),
            new HistoryCommand(),
            new ImportCommand(),
            new ListQuotaCommand(),
            new LsCommand(),
            new PrintWatchesCommand(),
            new QuitCommand("quit"),
            new ReconfigCommand(),
            new RedoCommand(),
            new RemoveWatchesCommand(),
            new SetAclCommand(),
            new SetCommand(),
            new SetQuotaCommand(),
            new StatCommand(),
            new SyncCommand(),
            new TopCommand(),
            new TreeCommand(),
            new VersionCommand(version),
            new WatchCommand(),
            new WhoAmICommand()));
  }

  /** The command of that name, in upper or lower case, or null. */
  @Nullable ShellCommand find(String name) {
    return byName.get(name);
  }

  /** Sorted. */
  Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  /** Sorted by name. */
  Collection<ShellCommand> all() {
    return Collections.unmodifiableCollection(byName.values());
  }
}
