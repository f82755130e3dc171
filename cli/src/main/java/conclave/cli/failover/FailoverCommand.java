package conclave.cli.failover;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.failover.ConfigException;
import conclave.failover.ConfigFile;
import conclave.failover.ControlException;
import conclave.failover.FailoverConfig;
import conclave.failover.FailoverController;
import conclave.failover.GracefulFailover;
import conclave.server.Signals;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a failover controller in the foreground, or fails over by hand. */
@Command(
    name = "failover",
    subcommands = FailoverStatusCommand.class,
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    customSynopsis = {
      "conclave failover [--node NODE] FILE",
      "       conclave failover --to NODE FILE",
      "       conclave failover --check [--node NODE] FILE",
      "       conclave failover status [--json] [--history N] FILE"
    },
    descriptionHeading = "%n",
    description = {
      "Of two or more services, such as database servers, one is to be active and the others stand"
          + " by. A controller runs beside each of them. It checks the health of its service, takes"
          + " part in an election held in an ensemble of Conclave or ZooKeeper servers, and makes"
          + " its service active or standby by commands or HTTP requests of yours. When the active"
          + " fails, or its controller, its machine or its network, another one takes over, after"
          + " it has made sure that the old one does nothing any more: that is called fencing, and"
          + " is done by the methods that you name, in their order.",
      "",
      "The znodes are those of Hadoop's failover controller: ActiveStandbyElectorLock, which goes"
          + " with the session of the active's controller, and ActiveBreadCrumb, which stays until"
          + " the active has given up in good order or was fenced.",
      "",
      "With --to, the node that is named becomes active, and the active gives up in good order:"
          + " nothing is fenced and the outage is as short as your hooks are. With status, the"
          + " controllers are asked how they are. The format of FILE, what hooks find in their"
          + " environment, and what has to be true for this to be safe, stand in docs/failover.md."
    },
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    commandListHeading = "%n@|bold Commands:|@%n",
    footerHeading = "%n",
    footer = {
      "@|bold Signals:|@",
      "  SIGTERM and SIGINT stop a controller in good order: an active service is",
      "  made standby, the breadcrumb and the lock are removed, and another node",
      "  takes over at once. A second signal ends it without all that; then the next",
      "  active will fence.",
      "",
      "@|bold Exit status:|@",
      "  0    Stopped in good order; --to: the node is active; status: one is active.",
      "  1    Stopped, but not in good order; --to: it did not work; status: none is.",
      "  2    Wrong arguments, or a configuration that can't be used.",
      "  4    The controller's port can't be bound.",
      "  143  Ended at once by a second signal.",
      "",
      "@|bold Files:|@",
      "  docs/failover/redis/failover.yaml   A configuration for two Redis servers,",
      "  docs/failover/redis/redis-hook      and its hooks.",
      "",
      "@|bold Examples:|@",
      "  On each of two machines, from the same file:",
      "    conclave failover --node redis1 failover.yaml",
      "    conclave failover --node redis2 failover.yaml",
      "  Who is active, and what happened lately?",
      "    conclave failover status --history 10 failover.yaml",
      "  Let redis2 take over, to work on redis1:",
      "    conclave failover --to redis2 failover.yaml"
    })
public final class FailoverCommand implements Callable<Integer> {
  static final int PORT = 4;
  private static final int STOPPED_AT_ONCE = 143;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The configuration, in YAML; the same file can serve all nodes.")
  @Nullable Path file;

  @Option(
      names = {"--node"},
      paramLabel = "NODE",
      defaultValue = "${env:CONCLAVE_NODE:-}",
      description =
          "Which of the file's nodes this one is. Default: $$CONCLAVE_NODE, else the file's key"
              + " \"node\".")
  String node = "";

  @Option(
      names = {"--to"},
      paramLabel = "NODE",
      description = "Make this node active, the present active giving up in good order.")
  @Nullable String to;

  @Option(
      names = {"--check"},
      description = "Only see whether the configuration can be used.")
  boolean check;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Spec @Nullable CommandSpec spec;

  @Override
  public Integer call() throws CommandFailure {
    if (file == null) {
      throw usage("Which configuration? Give a file.");
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try {
      if (to != null) {
        new GracefulFailover(loadAny(file)).to(to, out::println);
        return ExitCode.DONE;
      }
      FailoverConfig config = load(file, node.isEmpty() ? null : node);
      if (check) {
        out.println(file + " can be used; this is " + config.self().name() + ".");
        return ExitCode.DONE;
      }
      return run(config, out);
    } catch (ControlException e) {
      throw new CommandFailure(ExitCode.REFUSED, String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.REFUSED;
    }
  }

  private ParameterException usage(String text) {
    if (spec == null) {
      throw new IllegalStateException("picocli has not said what the command is");
    }
    return new ParameterException(spec.commandLine(), text);
  }

  static FailoverConfig load(Path file, @Nullable String node) throws CommandFailure {
    try {
      return ConfigFile.load(file, node);
    } catch (ConfigException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  /** For looking at the nodes from anywhere: which one this is does not matter. */
  static FailoverConfig loadAny(Path file) throws CommandFailure {
    return load(file, ConfigFile.ANY_NODE);
  }

  private static int run(FailoverConfig config, PrintStream out)
      throws CommandFailure, InterruptedException {
    try (FailoverController controller = FailoverController.start(config)) {
      out.println(
          "Controller of "
              + config.self().name()
              + ", process "
              + ProcessHandle.current().pid()
              + ". How it is: http://"
              + config.self().controller()
              + "/status");
      stopOnSignals(controller);
      FailoverController.End end = controller.ended().get();
      out.println(end.detail());
      return end.clean() ? ExitCode.DONE : ExitCode.REFUSED;
    } catch (IOException e) {
      throw new CommandFailure(
          PORT,
          "The controller "
              + e.getMessage()
              + ". Stop whatever uses the port, or give "
              + config.self().name()
              + " another \"controller\" in "
              + config.file()
              + ".",
          e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("an end never fails", e);
    }
  }

  private static void stopOnSignals(FailoverController controller) {
    AtomicInteger signals = new AtomicInteger();
    for (String signal : new String[] {"INT", "TERM"}) {
      Signals.handle(
          signal,
          name -> {
            if (signals.incrementAndGet() > 1) {
              Runtime.getRuntime().halt(STOPPED_AT_ONCE);
            }
            controller.stop();
          });
    }
  }
}
