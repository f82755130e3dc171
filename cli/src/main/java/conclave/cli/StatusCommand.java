package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.ConnectString;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows how the servers of an ensemble are doing. */
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
      "Shows the servers of an ensemble: who leads, how far each one is, and whether there is a quorum.",
      "Asks each server by four-letter words, so it works for Apache ZooKeeper's servers too.",
      "",
      "  ZXID         the last transaction that the server has applied",
      "  EPOCH        its upper half: how often a leader has been established",
      "  CLIENTS      connections, without the one that asks",
      "  OUTSTANDING  requests that are in process",
      "  LAG          transactions that the server is behind the leader"
    },
    footer = {
      "@|bold Exit status:|@",
      "  0  There is a leader, and more than half of the voters are with it.",
      "  1  There is none, or too few of the servers that were named are.",
      "  2  Wrong arguments.",
      "",
      "@|bold Examples:|@",
      "  conclave status zk1:2181,zk2:2181,zk3:2181",
      "  conclave status --watch 2 localhost:2181 localhost:2182 localhost:2183",
      "  conclave status --json zk1:2181,zk2:2181,zk3:2181 | jq .leader"
    })
final class StatusCommand implements Callable<Integer> {
  private static final int DEFAULT_TIMEOUT_MS = 2_000;
  private static final String CLEAR = "\u001b[H\u001b[2J";

  @Parameters(
      arity = "0..*",
      paramLabel = "HOST:PORT[,...]",
      description =
          "The servers. Default: $CONCLAVE_SERVER, else " + ClientCommand.DEFAULT_SERVERS + ".")
  List<String> hosts = new ArrayList<>();

  @Option(
      names = {"--json"},
      description = "Print one JSON object instead of a table.")
  boolean json;

  @Option(
      names = {"--watch"},
      paramLabel = "SECONDS",
      description = "Show it again every so many seconds, until Ctrl-C.")
  int watchSeconds;

  @Option(
      names = {"--timeout"},
      paramLabel = "MS",
      description = "How long to wait for a server. Default: 2000.")
  int timeoutMs = DEFAULT_TIMEOUT_MS;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public Integer call() throws CommandFailure {
    List<InetSocketAddress> servers = servers();
    if (timeoutMs <= 0 || watchSeconds < 0) {
      throw new CommandFailure(ExitCode.USAGE, "--timeout and --watch take positive numbers.");
    }
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    while (true) {
      EnsembleReport report = ask(servers);
      if (watchSeconds > 0 && !json) {
        out.print(CLEAR);
      }
      out.println(json ? report.json() : report.table().stripTrailing());
      out.flush();
      if (watchSeconds == 0 || !pause(watchSeconds)) {
        return report.hasQuorum() ? ExitCode.DONE : ExitCode.REFUSED;
      }
    }
  }

  private static boolean pause(int seconds) {
    try {
      TimeUnit.SECONDS.sleep(seconds);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private List<InetSocketAddress> servers() throws CommandFailure {
    String text = String.join(",", hosts);
    if (text.isBlank()) {
      String set = System.getenv("CONCLAVE_SERVER");
      text = set == null || set.isBlank() ? ClientCommand.DEFAULT_SERVERS : set;
    }
    try {
      return ConnectString.parse(text).servers();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage() + ".", e);
    }
  }

  private EnsembleReport ask(List<InetSocketAddress> servers) {
    List<CompletableFuture<MemberStatus>> answers = new ArrayList<>();
    for (InetSocketAddress server : servers) {
      answers.add(asked(server));
    }
    return EnsembleReport.of(answers.stream().map(CompletableFuture::join).toList());
  }

  /** Each on a thread of its own: one that hangs must not hold up the others. */
  private CompletableFuture<MemberStatus> asked(InetSocketAddress server) {
    CompletableFuture<MemberStatus> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                answer.complete(
                    MemberStatus.ask(server.getHostString(), server.getPort(), timeoutMs));
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            },
            "conclave-status-" + server);
    thread.setDaemon(true);
    thread.start();
    return answer;
  }
}
