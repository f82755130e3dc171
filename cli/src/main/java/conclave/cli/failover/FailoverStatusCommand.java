package conclave.cli.failover;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.failover.ClusterStatus;
import conclave.failover.FailoverConfig;
import conclave.failover.NodeStatus;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows how the nodes of a failover configuration are. */
@Command(
    name = "status",
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n",
    description = {
      "Shows who is active, how the others are, and what happened lately.",
      "",
      "  ELECTION  active, standby, neutral (out of touch with the ensemble) or init (takes no part)",
      "  SERVICE   what the controller has made of its service",
      "  HEALTH    what its checks say",
      "  TOKEN     the fencing token: it grows with every change of the active"
    },
    footer = {
      "@|bold Exit status:|@",
      "  0  Exactly one node is active.",
      "  1  None is, or more than one says so for the moment.",
      "  2  Wrong arguments, or a configuration that can't be used.",
      "",
      "@|bold Examples:|@",
      "  conclave failover status failover.yaml",
      "  conclave failover status --history 20 failover.yaml",
      "  conclave failover status --json failover.yaml | jq -r '.[] | select(.elector == \"ACTIVE\").node'"
    })
final class FailoverStatusCommand implements Callable<Integer> {
  @Parameters(arity = "1", paramLabel = "FILE", description = "The configuration.")
  Path file = Path.of("failover.yaml");

  @Option(
      names = {"--json"},
      description = "Print a JSON array with all that the controllers say.")
  boolean json;

  @Option(
      names = {"--history"},
      paramLabel = "N",
      description = "Also show the last N events of each node. Default: 0.")
  int history;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public Integer call() throws CommandFailure {
    if (history < 0) {
      throw new CommandFailure(ExitCode.USAGE, "--history takes a number from 0 on.");
    }
    FailoverConfig config = FailoverCommand.loadAny(file);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try {
      ClusterStatus status = ClusterStatus.ask(config);
      if (json) {
        out.println(status.json());
      } else {
        showTable(status, out);
        showHistory(status, out);
      }
      return status.actives() == 1 ? ExitCode.DONE : ExitCode.REFUSED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.REFUSED;
    }
  }

  private static void showTable(ClusterStatus status, PrintStream out) {
    List<String[]> lines = new ArrayList<>();
    lines.add(new String[] {"NODE", "ELECTION", "SERVICE", "HEALTH", "TOKEN", "ADDRESS"});
    List<String> problems = new ArrayList<>();
    for (ClusterStatus.Row row : status.rows()) {
      NodeStatus node = row.status();
      if (node == null) {
        lines.add(new String[] {row.node().name(), "?", "?", "?", "-", row.node().address()});
        problems.add(row.node().name() + ": " + row.problem());
      } else {
        lines.add(
            new String[] {
              node.node(),
              lower(node.elector().name()),
              lower(node.service().name()),
              lower(node.health().name().replace("SERVICE_", "")).replace('_', ' '),
              node.token() == 0 ? "-" : "0x" + Long.toHexString(node.token()),
              node.address()
            });
        String doing = doing(node);
        if (doing != null) {
          problems.add(doing);
        }
      }
    }
    print(lines, out);
    problems.forEach(out::println);
  }

  private static @Nullable String doing(NodeStatus node) {
    if (!node.doing().isEmpty()) {
      return node.node() + ": " + node.doing();
    }
    return node.healthDetail().isEmpty() ? null : node.node() + ": " + node.healthDetail();
  }

  private static void print(List<String[]> lines, PrintStream out) {
    int[] widths = new int[lines.get(0).length];
    for (String[] line : lines) {
      for (int i = 0; i < line.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    for (String[] line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < line.length; i++) {
        text.append(line[i]).append(" ".repeat(widths[i] - line[i].length() + 2));
      }
      out.println(text.toString().stripTrailing());
    }
  }

  private void showHistory(ClusterStatus status, PrintStream out) {
    for (ClusterStatus.Row row : status.rows()) {
      NodeStatus node = row.status();
      if (history > 0 && node != null) {
        out.println();
        out.println(node.node() + ":");
        List<NodeStatus.Happened> all = node.history();
        for (NodeStatus.Happened one : all.subList(Math.max(0, all.size() - history), all.size())) {
          out.println("  " + one.at() + "  " + lower(one.kind()) + "  " + one.text());
        }
      }
    }
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
