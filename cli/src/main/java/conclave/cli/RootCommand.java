package conclave.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code conclave} says about itself; the commands do the work. */
@Command(
    name = "conclave",
    versionProvider = Version.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading =
        "@|bold NAME|@%n  conclave - a coordination service that speaks ZooKeeper's protocols%n%n@|bold SYNOPSIS|@%n  ",
    synopsisSubcommandLabel = "COMMAND",
    descriptionHeading = "%n@|bold DESCRIPTION|@%n",
    description = {
      "  Conclave keeps a small replicated tree of znodes by which other systems elect",
      "  leaders, hold locks, share configuration and notice each other's death. Every",
      "  client of Apache ZooKeeper works with it unchanged. This one command runs",
      "  servers and talks to them."
    },
    optionListHeading = "%n@|bold OPTIONS|@%n",
    commandListHeading = "%n@|bold COMMANDS|@%n",
    footerHeading = "%n",
    footer = {
      "  Each command explains itself: conclave COMMAND --help.",
      "",
      "@|bold EXIT STATUS|@",
      "  0    Done; for a server: stopped in order.",
      "  1    The server refused the request, or a file is damaged, or two differ;",
      "       for a server: an unforeseen error.",
      "  2    Wrong arguments, or a configuration that can't be used.",
      "  3    No server answered, or a file can't be read; for a server: its data",
      "       directory can't be used.",
      "  4    A server's port can't be bound.",
      "  10   A server's log or snapshots are damaged or can't be written.",
      "  70   An error of the program itself.",
      "  143  A server was ended at once by a second signal.",
      "",
      "@|bold ENVIRONMENT|@",
      "  CONCLAVE_SERVER   Where get, set and so on connect, when --server doesn't say.",
      "                    Default: localhost:2181.",
      "  JAVA_HOME         The JDK to run on. Default: the newest found, at least 17.",
      "  JVMFLAGS          Flags for every JVM started, as -Dzookeeper.* properties.",
      "  SERVER_JVMFLAGS   Flags for servers only, before those of JVMFLAGS.",
      "  JMXPORT           Where a server takes JMX; with JMXAUTH, JMXSSL, JMXHOSTNAME.",
      "",
      "@|bold FILES|@",
      "  zoo.cfg           ZooKeeper's own configuration file, taken as it is.",
      "  ./data            Where conclave server without a file keeps its data.",
      "  ./ensemble        Where conclave ensemble keeps its servers.",
      "",
      "@|bold EXAMPLES|@",
      "  Start a server on port 2181, with data under ./data:",
      "    conclave server",
      "  Start one with ZooKeeper's configuration:",
      "    conclave server /etc/zookeeper/conf/zoo.cfg",
      "  Start three on this machine, and see how they are:",
      "    conclave ensemble",
      "    conclave status localhost:2181,localhost:2182,localhost:2183",
      "  Talk to it:",
      "    conclave create /config/url https://example.org",
      "    conclave get -s /config/url",
      "    conclave ls --server zk1:2181,zk2:2181 /",
      "    conclave shell zk1:2181,zk2:2181",
      "  Look into its files:",
      "    conclave log dump data",
      "    conclave snapshot summary data/version-2/snapshot.1f"
    })
final class RootCommand implements Runnable {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  @Option(
      names = "--debug",
      description = "With any command: print the stack traces of errors too.")
  boolean debug;

  @Spec @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "Which command?");
    }
  }
}
