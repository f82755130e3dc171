package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import conclave.client.ConclaveClient;
import conclave.recipes.Held;
import conclave.recipes.LeaderLatch;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command while this candidate leads. */
@Command(
    name = "elect",
    description = {
      "Stands in an election and runs a command while it leads: of all machines that run this with the same PATH, one runs the command at a time, and when that one dies or its command ends, the next in line does. Curator's LeaderLatch can stand in the same election.",
      "",
      "Leading is bound to a session with the servers. When that is about to be lost, because the network or the servers are away, the command is sent SIGTERM and, before anybody else can lead, SIGKILL, with all that it has started. A machine that stands still can be too late for that: what must never happen twice has to be guarded by CONCLAVE_TOKEN where it happens, the term, which is greater for each leader than for all before.",
      "",
      "Signals are passed on to the command: SIGTERM and SIGHUP, and SIGINT unless it comes from the terminal, which sends it to the command by itself. Without a command they end the candidature."
    },
    footer = {
      "@|bold Environment of the command:|@",
      "  CONCLAVE_TOKEN     The term, a decimal number.",
      "  CONCLAVE_SESSION   The session, in hexadecimal.",
      "  CONCLAVE_PATH      The election.",
      "",
      "@|bold Exit status:|@",
      "  The command's own; 128 and the signal's number when a signal has ended it;",
      "  1    Not elected in time (-w). See -E.",
      "  2    Wrong arguments.",
      "  3    No server answered.",
      "  75   The session was about to be lost, and the command was told to end.",
      "  126  The command can't be executed.",
      "  127  There is no such command.",
      "  129, 130, 143  SIGHUP, SIGINT or SIGTERM came while no command ran.",
      "",
      "@|bold Examples:|@",
      "  conclave elect /elections/scheduler ./scheduler",
      "  conclave elect --again --id $(hostname) /elections/scheduler ./scheduler",
      "  conclave elect -S zk1,zk2 /elections/db sh -c './promote $CONCLAVE_TOKEN'"
    })
public final class ElectCommand extends GuardedCommand {
  @Option(
      names = "--id",
      paramLabel = "NAME",
      order = 1,
      description =
          "What others see as the leader's name. Default: this machine's name and the process's number.")
  @Nullable String id;

  @Option(
      names = "--again",
      order = 2,
      description = "Stand again when the session was lost, instead of ending with 75.")
  boolean again;

  @Mixin LossOptions loss = new LossOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "What to run, with its arguments.")
  List<String> command = new ArrayList<>();

  @Override
  int run(ConclaveClient client) throws CommandFailure, InterruptedException {
    int code;
    do {
      // A new candidate each time: the end of a command is the end of its term.
      try (LeaderLatch latch = new LeaderLatch(client, path, candidate())) {
        latch.start();
        Optional<Held> term = await(within(patience(), latch.elected()));
        if (term.isEmpty()) {
          return gaveUp("somebody else leads at " + path);
        }
        code = runUnder(client, term.get(), loss, command);
      }
    } while (again && code == LOST);
    return code;
  }

  private static CompletableFuture<Optional<Held>> within(
      @Nullable Duration patience, CompletableFuture<Held> elected) {
    CompletableFuture<Optional<Held>> result = elected.thenApply(Optional::of);
    return patience == null
        ? result
        : result.completeOnTimeout(Optional.empty(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private String candidate() {
    if (id != null) {
      return id;
    }
    String process = "-" + ProcessHandle.current().pid();
    try {
      return InetAddress.getLocalHost().getHostName() + process;
    } catch (UnknownHostException e) {
      return "localhost" + process;
    }
  }
}
