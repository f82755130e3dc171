package conclave.cli.shell;

import conclave.client.Children;
import conclave.client.ConclaveClient;
import conclave.protocol.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What may stand at the cursor: names of commands, flags, paths of znodes. */
final class Completion {
  /** Nobody waits longer for a list than for typing the word. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Shell shell;

  Completion(Shell shell) {
    this.shell = shell;
  }

  /**
   * One thing that may stand there.
   *
   * @param whole whether the word ends with it; more of a path may follow
   */
  record Suggestion(String text, String description, boolean whole) {}

  /**
   * Suggests.
   *
   * @param words those of the line
   * @param index which of them is to be completed
   * @param typed what of it stands before the cursor
   */
  List<Suggestion> at(List<String> words, int index, String typed) {
    if (index == 0) {
      return commands(typed);
    }
    ShellCommand command = shell.commands().find(words.get(0));
    if (typed.startsWith("-") && command != null) {
      return command.syntax().dashed().stream()
          .filter(flag -> flag.startsWith(typed))
          .map(flag -> new Suggestion(flag, "", true))
          .toList();
    }
    if (command instanceof HelpCommand) {
      return commands(typed);
    }
    return command == null || !command.takesPaths() || !typed.isEmpty() && typed.charAt(0) != '/'
        ? List.of()
        : paths(typed.isEmpty() ? Paths.ROOT : typed);
  }

  private List<Suggestion> commands(String typed) {
    List<Suggestion> found = new ArrayList<>();
    for (ShellCommand command : shell.commands().all()) {
      if (command.name().regionMatches(true, 0, typed, 0, typed.length())) {
        found.add(new Suggestion(command.name(), command.summary(), true));
      }
    }
    return found;
  }

  private List<Suggestion> paths(String typed) {
    int slash = typed.lastIndexOf('/');
    String parent = slash == 0 ? Paths.ROOT : typed.substring(0, slash);
    String beginning = typed.substring(slash + 1);
    List<Suggestion> found = new ArrayList<>();
    for (String name : children(parent)) {
      if (name.startsWith(beginning)) {
        found.add(new Suggestion(Paths.child(parent, name), "", false));
      }
    }
    return found;
  }

  private List<String> children(String parent) {
    @Nullable ConclaveClient client = shell.clientOrNull();
    if (client == null || !Paths.isValid(parent)) {
      return List.of();
    }
    try {
      return client
          .within(PATIENCE)
          .getChildren(parent)
          .join()
          .value()
          .map(Children::names)
          .orElse(List.of())
          .stream()
          .sorted()
          .toList();
    } catch (CompletionException | CancellationException noSuggestion) {
      return List.of();
    }
  }
}
