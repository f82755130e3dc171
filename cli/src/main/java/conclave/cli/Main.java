package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.coordination.BarrierCommand;
import conclave.cli.coordination.ElectCommand;
import conclave.cli.coordination.LockCommand;
import conclave.cli.coordination.NameServiceCommand;
import conclave.cli.failover.FailoverCommand;
import conclave.cli.files.LogCommand;
import conclave.cli.files.PurgeCommand;
import conclave.cli.files.SnapshotCommand;
import conclave.cli.shell.ShellEntry;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The {@code conclave} command. */
public final class Main {
  /** In the order in which the help shows them. */
  private static final Map<String, Supplier<Object>> COMMANDS = commands();

  private static final String DEBUG = "conclave.debug";

  /** Behind whose path stands a command to be run, with options of its own. */
  private static final Set<String> RUNS_COMMANDS = Set.of("lock", "elect", "barrier");

  private Main() {}

  public static void main(String[] args) {
    int code = execute(withoutDebug(args));
    System.out.flush();
    System.exit(code);
  }

  /**
   * Takes {@code --debug} away, which every command understands: it stands for the property that
   * has stack traces printed. What follows {@code --} is nobody's option, and of what is run by
   * others it would be theirs: there it has to come first.
   */
  private static String[] withoutDebug(String[] args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    int end = all.contains("--") ? all.indexOf("--") : all.size();
    if (args.length > 0 && RUNS_COMMANDS.contains(args[0])) {
      end = Math.min(end, 2);
    }
    if (all.subList(0, end).removeIf("--debug"::equals)) {
      System.setProperty(DEBUG, "true");
    }
    return all.toArray(String[]::new);
  }

  /** Runs a command and returns its exit code. */
  static int execute(String... args) {
    String first = args.length == 0 ? "" : args[0];
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    if (first.equals("bench")) {
      return bench(rest);
    }
    if (first.equals("server") && isPlain(rest)) {
      return server(rest);
    }
    Supplier<Object> command = COMMANDS.get(first);
    if (command == null) {
      return executeRoot(args);
    }
    // Only the command that was asked for is built: reading the annotations of all would double the
    // time of a get.
    CommandLine line = new CommandLine(command.get());
    line.setCommandName("conclave " + first);
    // What follows hosts is a command of the shell, whose flags are its own.
    line.setStopAtPositional(first.equals("shell") || RUNS_COMMANDS.contains(first));
    return configure(line).execute(rest);
  }

  /** Whether the arguments need no parser: none, or one that is no option. */
  private static boolean isPlain(String[] arguments) {
    return arguments.length == 0 || (arguments.length == 1 && !arguments[0].startsWith("-"));
  }

  /**
   * A server's start is measured from the exec of the process; the parser alone would be a good
   * part of it.
   */
  private static int server(String[] arguments) {
    try {
      return ServerCommand.run(arguments.length == 0 ? null : Path.of(arguments[0]));
    } catch (CommandFailure | RuntimeException e) {
      return failure(e);
    }
  }

  private static int executeRoot(String[] args) {
    CommandLine line = new CommandLine(new RootCommand());
    COMMANDS.forEach((name, command) -> line.addSubcommand(name, command.get()));
    line.addSubcommand("bench", new BenchCommand());
    configure(line);
    if (args.length == 0) {
      line.usage(System.err);
      return ExitCode.USAGE;
    }
    if (args[0].equals("help")) {
      return args.length > 1 ? execute(args[1], "--help") : execute("--help");
    }
    return line.execute(args);
  }

  private static CommandLine configure(CommandLine line) {
    line.setParameterExceptionHandler((e, arguments) -> wrongUsage(e));
    line.setExecutionExceptionHandler((e, failed, parsed) -> failure(e));
    line.setUsageHelpLongOptionsMaxWidth(30);
    return line;
  }

  private static int wrongUsage(ParameterException e) {
    CommandLine line = e.getCommandLine();
    String name = line.getCommandSpec().qualifiedName();
    System.err.println(asSentence(String.valueOf(e.getMessage())));
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, System.err)) {
      System.err.println("See \"" + name + " --help\".");
    }
    return ExitCode.USAGE;
  }

  private static int failure(Exception e) {
    PrintStream err = System.err;
    if (Boolean.getBoolean(DEBUG)) {
      e.printStackTrace(err);
    }
    if (e instanceof CommandFailure failure) {
      err.println(failure.text());
      return failure.exitCode();
    }
    err.println(
        "conclave failed on an error of its own: "
            + e
            + ". Run it with --debug to see where, and please report it.");
    return ExitCode.BUG;
  }

  private static String asSentence(String message) {
    return message.endsWith(".") ? message : message + ".";
  }

  /** The benchmarks are a module of their own, on the class path only when they are wanted. */
  private static int bench(String[] args) {
    try {
      Method execute = Class.forName("conclave.bench.Main").getMethod("execute", String[].class);
      return (int) execute.invoke(null, (Object) args);
    } catch (ClassNotFoundException e) {
      System.err.println(
          "The benchmarks are not part of this installation; run \"bin/conclave bench\" in a checkout of the sources.");
      return ExitCode.USAGE;
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("the benchmark failed", e.getCause());
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw new IllegalStateException("conclave.bench.Main has another shape than expected", e);
    }
  }

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("server", ServerCommand::new);
    commands.put("ensemble", EnsembleCommand::new);
    commands.put("status", StatusCommand::new);
    commands.put("failover", FailoverCommand::new);
    commands.put("simulate", SimulateCommand::new);
    commands.put("get", GetCommand::new);
    commands.put("set", SetCommand::new);
    commands.put("create", CreateCommand::new);
    commands.put("ls", LsCommand::new);
    commands.put("stat", StatCommand::new);
    commands.put("delete", DeleteCommand::new);
    commands.put("shell", () -> new ShellEntry(Version.text()));
    commands.put("lock", LockCommand::new);
    commands.put("elect", ElectCommand::new);
    commands.put("barrier", BarrierCommand::new);
    commands.put("nameservice", NameServiceCommand::new);
    commands.put("log", LogCommand::new);
    commands.put("snapshot", SnapshotCommand::new);
    commands.put("purge", PurgeCommand::new);
    return Collections.unmodifiableMap(commands);
  }
}
