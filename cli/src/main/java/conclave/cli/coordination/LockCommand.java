package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import conclave.client.ConclaveClient;
import conclave.recipes.Held;
import conclave.recipes.Lock;
import conclave.recipes.ReadWriteLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a command while it has a lock. */
@Command(
    name = "lock",
    description = {
      "Runs a command while it holds a lock that one at a time has on all machines, as flock(1) does on one. Whoever asks first gets it first. Curator's InterProcessMutex can contend for the same lock, and with -s its InterProcessReadWriteLock.",
      "",
      "The lock is bound to a session with the servers. When that is about to be lost, because the network or the servers are away, the command is sent SIGTERM and, before anybody else can get the lock, SIGKILL, with all that it has started. A machine that stands still can be too late for that: what must never happen twice has to be guarded by CONCLAVE_TOKEN where it happens, which is greater for each holder than for all before.",
      "",
      "Signals are passed on to the command: SIGTERM and SIGHUP, and SIGINT unless it comes from the terminal, which sends it to the command by itself. While the lock is waited for, they end the waiting."
    },
    footer = {
      "@|bold Environment of the command:|@",
      "  CONCLAVE_TOKEN     The fencing token, a decimal number.",
      "  CONCLAVE_SESSION   The session, in hexadecimal.",
      "  CONCLAVE_PATH      The lock.",
      "",
      "@|bold Exit status:|@",
      "  The command's own; 128 and the signal's number when a signal has ended it;",
      "  1    The lock was not free, or not in time (-n, -w). See -E.",
      "  2    Wrong arguments.",
      "  3    No server answered.",
      "  75   The session was about to be lost, and the command was told to end.",
      "  126  The command can't be executed.",
      "  127  There is no such command.",
      "  129, 130, 143  SIGHUP, SIGINT or SIGTERM came before the command was run.",
      "  They may be the command's too; -E helps to tell one of them.",
      "",
      "@|bold Examples:|@",
      "  conclave lock /locks/backup ./backup.sh --full",
      "  conclave lock -n /locks/nightly ./nightly.sh || echo \"it runs elsewhere\"",
      "  conclave lock -w 30 /locks/deploy sh -c './deploy --fence $CONCLAVE_TOKEN'",
      "  conclave lock -s /locks/data ./read-it.sh   # together with others who read"
    })
public final class LockCommand extends GuardedCommand {
  @Option(
      names = {"-n", "--nonblock"},
      order = 11,
      description = "Don't wait: give up when the lock is not free.")
  boolean nonblock;

  @Option(
      names = {"-s", "--shared"},
      order = 1,
      description = "Share the lock with others who do so; it is not shared with those who use -x.")
  boolean shared;

  @Option(
      names = {"-x", "--exclusive"},
      order = 2,
      description =
          "Be alone, beside those who use -s. Without either, the lock knows no sharing, and is not the same as the one with.")
  boolean exclusive;

  @Mixin LossOptions loss = new LossOptions();

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "What to run, with its arguments.")
  List<String> command = new ArrayList<>();

  @Override
  @Nullable Duration patience() {
    return nonblock ? Duration.ZERO : super.patience();
  }

  @Override
  int run(ConclaveClient client) throws CommandFailure, InterruptedException {
    Optional<Held> held = await(acquire(lock(client)));
    if (held.isEmpty()) {
      return gaveUp(path + " is locked by somebody else");
    }
    return runUnder(client, held.get(), loss, command);
  }

  private CompletableFuture<Optional<Held>> acquire(Lock lock) {
    Duration patience = patience();
    return patience == null ? always(lock.acquire()) : lock.tryAcquire(patience);
  }

  private Lock lock(ConclaveClient client) {
    if (shared && exclusive) {
      throw new IllegalArgumentException("-s and -x exclude each other");
    }
    if (shared || exclusive) {
      ReadWriteLock both = new ReadWriteLock(client, path);
      return shared ? both.read() : both.write();
    }
    return new Lock(client, path);
  }
}
