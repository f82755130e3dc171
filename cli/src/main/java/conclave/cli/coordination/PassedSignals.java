package conclave.cli.coordination;

import conclave.server.Signals;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the signals to this process: before the command runs they end the waiting, after
 * that they are the command's.
 */
final class PassedSignals {
  /** The ones that a process is ended with. Their numbers are the same on all systems. */
  private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

  private static final int ENDED_BY_SIGNAL = 128;

  private final CompletableFuture<Integer> endsTheWaiting = new CompletableFuture<>();
  private @Nullable Child child;

  void handle() {
    NUMBERS.keySet().forEach(name -> Signals.handle(name, this::happened));
  }

  /** Completes with the exit code when a signal comes while there is no command. */
  CompletableFuture<Integer> endsTheWaiting() {
    return endsTheWaiting;
  }

  /** From now on, signals are this command's; with null they end the waiting again. */
  synchronized void passTo(@Nullable Child next) {
    child = next;
  }

  private synchronized void happened(String name) {
    Child running = child;
    if (running == null) {
      endsTheWaiting.complete(ENDED_BY_SIGNAL + NUMBERS.getOrDefault(name, 0));
    } else if (!name.equals("INT") || !Terminal.sendsInterruptsToChildrenToo()) {
      running.signal(name);
    }
  }
}
