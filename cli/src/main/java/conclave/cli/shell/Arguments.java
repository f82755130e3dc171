package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A command's words, sorted into flags, options with values, and arguments. As in zkCli flags may
 * stand anywhere, and several without a value behind one dash; what follows {@code --} is no flag.
 */
final class Arguments {
  private static final Pattern NEGATIVE = Pattern.compile("-\\d.*");

  private final ShellCommand command;
  private final Set<String> flags = new HashSet<>();
  private final Map<String, String> options = new HashMap<>();
  private final List<String> positional = new ArrayList<>();

  private Arguments(ShellCommand command) {
    this.command = command;
  }

  /** Sorts the words behind a command's name. */
  static Arguments parse(ShellCommand command, List<String> words) throws CommandFailure {
    Arguments arguments = new Arguments(command);
    arguments.sort(words);
    Syntax syntax = command.syntax();
    int count = arguments.positional.size();
    if (count < syntax.least() || count > syntax.most()) {
      throw arguments.wrong(count < syntax.least() ? "too few arguments" : "too many arguments");
    }
    return arguments;
  }

  private void sort(List<String> words) throws CommandFailure {
    boolean onlyArguments = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (onlyArguments || word.length() < 2 || word.charAt(0) != '-' || isNegative(word)) {
        positional.add(word);
      } else if (word.equals("--")) {
        onlyArguments = true;
      } else {
        String name = word.substring(word.startsWith("--") ? 2 : 1);
        if (command.syntax().options().contains(name)) {
          if (++i == words.size()) {
            throw wrong("-" + name + " needs a value");
          }
          options.put(name, words.get(i));
        } else {
          addFlags(word, name);
        }
      }
    }
  }

  /** A number is no flag. */
  private static boolean isNegative(String word) {
    return NEGATIVE.matcher(word).matches();
  }

  private void addFlags(String word, String name) throws CommandFailure {
    Set<String> known = command.syntax().flags();
    if (known.contains(name)) {
      flags.add(name);
      return;
    }
    for (char letter : name.toCharArray()) {
      if (!known.contains(String.valueOf(letter))) {
        throw wrong("there is no flag " + word);
      }
      flags.add(String.valueOf(letter));
    }
  }

  boolean has(String flag) {
    return flags.contains(flag) || options.containsKey(flag);
  }

  /** An option's value, or null where it wasn't given. */
  @Nullable String option(String name) {
    return options.get(name);
  }

  /** An option's number, or another one where it wasn't given. */
  int number(String name, int otherwise) throws CommandFailure {
    long number = longNumber(name, otherwise);
    if (number != (int) number) {
      throw wrong("-" + name + " takes a smaller number than " + number);
    }
    return (int) number;
  }

  long longNumber(String name, long otherwise) throws CommandFailure {
    String text = options.get(name);
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw wrong("-" + name + " takes a number, not \"" + text + "\"");
    }
  }

  int count() {
    return positional.size();
  }

  String get(int index) {
    return positional.get(index);
  }

  /** An argument, or something else where there are not so many. */
  String get(int index, String otherwise) {
    return index < positional.size() ? positional.get(index) : otherwise;
  }

  @Nullable String getOrNull(int index) {
    return index < positional.size() ? positional.get(index) : null;
  }

  /** A failure of usage, with the usage. */
  CommandFailure wrong(String what) {
    return new CommandFailure(
        ExitCode.USAGE,
        command.name()
            + ": "
            + what
            + ". Usage: "
            + (command.name() + " " + command.usage()).strip());
  }
}
