package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Tty;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conclave shell}: reads the options, and decides where lines come from. */
@Command(
    name = "shell",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n",
    description = {
      "Talks to a ZooKeeper or Conclave server line by line, with the commands, flags and output of ZooKeeper's zkCli, and some beyond: tree, find, edit, diff, export, import, top, watch. \"help\" lists them all.",
      "On a terminal it completes commands and paths with Tab, remembers what was typed, pages long lists, and colours (NO_COLOR=1 turns that off). Otherwise it runs the lines of standard input; an error does not stop it, and the exit code is that of the last command that failed."
    },
    footer = {
      "@|bold Exit status:|@",
      "  0    Done.",
      "  1    A server refused a request; for diff: there are differences.",
      "  2    Wrong arguments.",
      "  3    No server answered, or the session ended.",
      "  127  There is no such command.",
      "  130  Ctrl-C.",
      "",
      "@|bold Files:|@",
      "  ~/.conclave_history   What was typed, but for addauth. CONCLAVE_HISTORY names another.",
      "",
      "@|bold Examples:|@",
      "  conclave shell",
      "  conclave shell zk1:2181,zk2:2181/app",
      "  conclave shell -e 'ls /' -e 'get /config'",
      "  conclave shell -server zk1:2181 ls -s /     # as zkCli.sh is called",
      "  conclave shell --json -e 'get /config' | jq .data",
      "  echo 'export /app app.json' | conclave shell zk1:2181"
    })
public final class ShellEntry implements Callable<Integer> {
  private static final String DEFAULT_SERVERS = "localhost:2181";
  private static final int SESSION_TIMEOUT_MS = 30_000;

  @Parameters(
      arity = "0..*",
      paramLabel = "HOSTS|COMMAND",
      description =
          "host:port[,host:port...][/chroot], then a command to run. Default: $CONCLAVE_SERVER, else localhost:2181, and no command.")
  List<String> words = new ArrayList<>();

  @Option(
      names = {"-server", "--server"},
      paramLabel = "HOSTS",
      description = "The hosts, as in zkCli; what follows the options is a command then.")
  @Nullable String server;

  @Option(
      names = {"-e"},
      paramLabel = "LINE",
      description = "Run this line and end. May be given more than once.")
  List<String> lines = new ArrayList<>();

  @Option(names = "--json", description = "Print results as JSON, one value a line.")
  boolean json;

  @Option(
      names = {"-timeout", "--timeout"},
      paramLabel = "MS",
      description = "Session timeout in milliseconds. Default: 30000.")
  int timeoutMs = SESSION_TIMEOUT_MS;

  @Option(
      names = {"-r", "--read-only"},
      description = "Accept a server that has lost its quorum, for reading.")
  boolean readOnly;

  @Option(
      names = {"-waitforconnection", "--wait"},
      description = "Go on trying for a session timeout when no server answers.")
  boolean wait;

  @Option(
      names = {"-client-configuration", "--client-configuration"},
      paramLabel = "FILE",
      description =
          "Properties with zookeeper.client.secure, zookeeper.ssl.trustStore.location and so on, as ZooKeeper's client reads them.")
  @Nullable String clientConfiguration;

  @Option(
      names = "--auth",
      paramLabel = "SCHEME:CREDENTIALS",
      description = "Credentials, as in digest:user:password. May be given more than once.")
  List<String> auth = new ArrayList<>();

  @Option(names = "--debug", description = "Print stack traces of errors.")
  boolean debug = Boolean.getBoolean("conclave.debug");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  private final String version;

  /**
   * @param version what the command {@code version} says
   */
  public ShellEntry(String version) {
    this.version = version;
  }

  @Override
  public Integer call() throws CommandFailure, IOException {
    Commands commands = Commands.all(version, System::getenv);
    String servers = servers(commands);
    if (timeoutMs < 1) {
      throw new CommandFailure(ExitCode.USAGE, "-timeout begins with 1.");
    }
    boolean interactive = lines.isEmpty() && words.isEmpty() && Tty.isInteractive();
    Sessions sessions =
        new Sessions(
            timeoutMs, readOnly, interactive, wait ? timeoutMs : 0, auth, clientConfiguration);
    if (interactive) {
      return Interactive.run(commands, sessions, servers, json, debug);
    }
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    Console console = new PipeConsole(out, System.err, Style.PLAIN);
    try (Shell shell = new Shell(console, sessions, commands, servers, json, debug)) {
      return runAll(shell);
    }
  }

  /**
   * Takes the hosts off the words, and the options that stand between them and a command; for zkCli
   * every word behind its options belongs to the command.
   */
  private String servers(Commands commands) {
    String named = server;
    if (named == null && !words.isEmpty() && commands.find(words.get(0)) == null) {
      List<String> rest = words.subList(1, words.size());
      named = words.get(0);
      if (!rest.isEmpty() && rest.get(0).startsWith("-")) {
        List<String> before = lines;
        lines = new ArrayList<>();
        words = new ArrayList<>();
        new CommandLine(this).setStopAtPositional(true).parseArgs(rest.toArray(String[]::new));
        lines.addAll(0, before);
      } else {
        words = new ArrayList<>(rest);
      }
    }
    if (named != null) {
      return named;
    }
    String fromEnvironment = System.getenv("CONCLAVE_SERVER");
    return fromEnvironment == null || fromEnvironment.isBlank() ? DEFAULT_SERVERS : fromEnvironment;
  }

  private int runAll(Shell shell) throws CommandFailure, IOException {
    try {
      shell.connect(shell.servers());
    } catch (Console.Stopped e) {
      return Shell.INTERRUPTED;
    }
    if (!words.isEmpty()) {
      return shell.execute(words);
    }
    int failed = ExitCode.DONE;
    if (!lines.isEmpty()) {
      for (String line : lines) {
        int code = shell.execute(line);
        failed = code == ExitCode.DONE ? failed : code;
      }
      return failed;
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null && !shell.isOver(); line = in.readLine()) {
      int code = shell.execute(line);
      failed = code == ExitCode.DONE ? failed : code;
    }
    return failed;
  }
}
