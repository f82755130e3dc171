package conclave.cli.shell;

import conclave.cli.common.CommandFailure;

/**
 * One command of the shell. It keeps nothing between two runs; what lasts is the {@link Shell}'s.
 */
interface ShellCommand {
  /** The word that it is called by. */
  String name();

  /** Flags and arguments as the help shows them, as in {@code [-s] [-w] path}. */
  String usage();

  /** What it does, in one line. */
  String summary();

  /** The flags that it has, and how many arguments. */
  Syntax syntax();

  /** Whether it needs a session to work in. */
  default boolean needsSession() {
    return true;
  }

  /** Whether its arguments are paths, for completion. */
  default boolean takesPaths() {
    return true;
  }

  /**
   * Does the work.
   *
   * @throws CommandFailure with a sentence for the user
   * @throws Console.Stopped when the user has stopped it
   */
  void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped;
}
