package conclave.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code conclave bench}. */
@Command(
    name = "conclave bench",
    description = "Measures Conclave, alone or beside Apache ZooKeeper.",
    mixinStandardHelpOptions = true,
    subcommands = {CompareCommand.class, ClientCommand.class, MicroCommand.class})
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(execute(args));
  }

  /** Runs the command and returns its exit code: 0 measured, 1 failed, 2 wrong arguments. */
  public static int execute(String... args) {
    CommandLine line = new CommandLine(new Main());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    if (args.length == 0) {
      line.usage(System.out);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(args);
  }
}
