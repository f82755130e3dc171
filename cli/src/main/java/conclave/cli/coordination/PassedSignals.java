package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
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

  /** Throws, with the exit code, if a signal has come while there was no command. */
  void throwIfEnded(String name) throws CommandFailure {
    if (endsTheWaiting.isDone()) {
      throw new CommandFailure(endsTheWaiting.join(), name + ": ended while waiting.");
    }
  }

  /** Completes with the exit code when a signal comes while there is no command. */
  CompletableFuture<Integer> endsTheWaiting() {
    return endsTheWaiting;
  }

  /** Starts a command. */
  @FunctionalInterface
  interface Start {
    Child child() throws CommandFailure;
  }

  /**
   * Starts the command whose signals they are from now on. One that comes meanwhile waits until
   * there is somebody to pass it to; after one that came before, the command is not started.
   *
   * @param name of this program
   */
  synchronized Child passTo(Start start, String name) throws CommandFailure {
    throwIfEnded(name);
    Child started = start.child();
    child = started;
    return started;
  }

  /** The command is over: signals end the waiting again. */
  synchronized void passToNobody() {
    child = null;
  }

  /** A signal has come. */
  synchronized void happened(String name) {
    Child running = child;
    if (running == null) {
      endsTheWaiting.complete(ENDED_BY_SIGNAL + NUMBERS.getOrDefault(name, 0));
    } else if (!name.equals("INT") || !Terminal.sendsInterruptsToChildrenToo()) {
      running.signal(name);
    }
  }
}
