package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.ConclaveClient;
import conclave.recipes.DoubleBarrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command when a number of members are at a barrier. */
@Command(
    name = "barrier",
    description = {
      "Waits at a barrier until so many members have come, runs a command, and waits until all members' commands have ended: so steps of a job begin and end together on many machines. Without a command it ends when all have come. Curator's DistributedDoubleBarrier can be a member too.",
      "",
      "A member that dies, or whose session is lost after all have come, counts as having left, so that nobody waits for the dead; its command goes on, as nothing is held alone here.",
      "",
      "Signals are passed on to the command: SIGTERM and SIGHUP, and SIGINT unless it comes from the terminal, which sends it to the command by itself. While others are waited for, they end the waiting."
    },
    footer = {
      "@|bold Environment of the command:|@",
      "  CONCLAVE_SESSION   The session, in hexadecimal.",
      "  CONCLAVE_PATH      The barrier.",
      "",
      "@|bold Exit status:|@",
      "  The command's own; 128 and the signal's number when a signal has ended it;",
      "  0    All have come, and there was no command.",
      "  1    Not all came in time (-w). See -E.",
      "  2    Wrong arguments.",
      "  3    No server answered.",
      "  126  The command can't be executed.",
      "  127  There is no such command.",
      "  129, 130, 143  SIGHUP, SIGINT or SIGTERM came while others were waited for.",
      "",
      "@|bold Examples:|@",
      "  conclave barrier -n 3 /barriers/step-1 ./step-1.sh   # on three machines",
      "  conclave barrier -n 3 -w 60 /barriers/start && ./go.sh"
    })
public final class BarrierCommand extends GuardedCommand {
  @Option(
      names = {"-n", "--members"},
      paramLabel = "N",
      required = true,
      order = 1,
      description = "How many have to come.")
  int members;

  @Option(
      names = "--no-leave",
      order = 2,
      description = "When the command ends, don't wait for the others' to end.")
  boolean noLeave;

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "What to run, with its arguments.")
  List<String> command = new ArrayList<>();

  @Override
  int run(ConclaveClient client) throws CommandFailure, InterruptedException {
    DoubleBarrier barrier = new DoubleBarrier(client, path, members);
    Duration patience = patience();
    CompletableFuture<Boolean> entered =
        patience == null ? barrier.enter().thenApply(in -> true) : barrier.enter(patience);
    if (!await(entered)) {
      return gaveUp("not all of " + members + " members came to " + path);
    }
    int code = command.isEmpty() ? ExitCode.DONE : runCommand(client);
    CompletableFuture<Void> left = barrier.leave();
    if (!noLeave && !command.isEmpty()) {
      await(left);
    }
    return code;
  }

  private int runCommand(ConclaveClient client) throws CommandFailure, InterruptedException {
    Child child = start(command, environment(client));
    int code = child.await();
    signals().passToNobody();
    return code;
  }
}
