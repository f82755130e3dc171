package conclave.cli.shell;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.client.ConclaveClient;
import conclave.client.Transaction;
import conclave.client.TransactionOutcome;
import conclave.protocol.ErrorCode;
import conclave.protocol.Paths;
import conclave.recipes.json.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

final class DeleteAllCommand extends Described {
  private static final int BATCH = 1000;

  /** As many as zkCli has on their way. */
  private static final int BATCHES_IN_FLIGHT = 10;

  DeleteAllCommand() {
    super(
        "deleteall",
        "path [-b batch size]",
        "delete a znode and all below it, -b so many in one transaction (1000)",
        Syntax.of(1, 1).options("b"));
  }

  private static final class Work {
    final Deque<CompletableFuture<TransactionOutcome>> inFlight = new ArrayDeque<>();
    int sent;
    int failed;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws CommandFailure, Console.Stopped {
    String top = arguments.get(0);
    int batch = Math.max(1, arguments.number("b", BATCH));
    if (top.equals(Paths.ROOT)) {
      throw new CommandFailure(
          ExitCode.USAGE, "The root can't be deleted; name the znodes below it.");
    }
    List<String> paths = new ArrayList<>();
    Walk.below(
        shell,
        top,
        (path, children, depth) -> {
          paths.add(path);
          return true;
        });
    Progress progress = shell.progress();
    Work work = new Work();
    // Backwards, children come before their parents.
    for (int end = paths.size(); end > 0; end -= batch) {
      Transaction transaction = shell.client().transaction();
      for (int i = end - 1; i >= Math.max(0, end - batch); i--) {
        transaction.delete(paths.get(i), ConclaveClient.ANY_VERSION);
      }
      work.inFlight.add(transaction.commit());
      work.sent += transaction.size();
      if (work.inFlight.size() >= BATCHES_IN_FLIGHT) {
        finishOne(shell, work);
      }
      progress.show(work.sent, paths.size(), work.sent + " of " + paths.size() + " znodes");
    }
    while (!work.inFlight.isEmpty()) {
      finishOne(shell, work);
    }
    progress.clear();
    if (work.failed > 0) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "Failed to delete some node(s) in the subtree! Somebody may be making new ones, or an ACL"
              + " forbids it; run it again.");
    }
    if (shell.json()) {
      shell.printJson(Json.object("deleted", top, "znodes", paths.size()));
    }
  }

  private static void finishOne(Shell shell, Work work) throws CommandFailure, Console.Stopped {
    TransactionOutcome outcome = shell.await(work.inFlight.remove());
    // What somebody else has deleted meanwhile is gone all the same, but so is the whole batch's
    // effect.
    if (outcome instanceof TransactionOutcome.RolledBack rolledBack) {
      work.failed++;
      if (rolledBack.error() == ErrorCode.NO_AUTH) {
        shell.tell("Insufficient permission : " + rolledBack.path());
      }
    }
  }
}
