package conclave.cli.coordination;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.client.ConclaveClient;
import conclave.protocol.Paths;
import conclave.recipes.Held;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command under coordination. */
@Command(
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisHeading = "%n@|bold Usage:|@ ",
    descriptionHeading = "%n",
    parameterListHeading = "%n@|bold Arguments:|@%n",
    optionListHeading = "%n@|bold Options:|@%n",
    footerHeading = "%n")
abstract class GuardedCommand implements Callable<Integer> {
  /** In sysexits.h: a failure that another attempt may not have. */
  static final int LOST = 75;

  /** The same as flock's. */
  static final int CONFLICT = 1;

  @Mixin SessionOptions session = new SessionOptions();

  @Option(
      names = {"-w", "--wait", "--timeout"},
      paramLabel = "SECONDS",
      order = 10,
      description = "Give up when it takes longer, as 0.5. Default: wait for as long as it takes.")
  double waitSeconds = -1;

  @Option(
      names = {"-E", "--conflict-exit-code"},
      paramLabel = "N",
      order = 12,
      description = "The exit code for having given up. Default: 1.")
  int conflictExitCode = CONFLICT;

  @Parameters(
      index = "0",
      paramLabel = "PATH",
      description = "The znode to meet at; it comes and goes as needed.")
  String path = "";

  private final PassedSignals signals = new PassedSignals();
  @Spec @Nullable CommandSpec spec;

  private String name() {
    return spec == null ? "conclave" : spec.qualifiedName();
  }

  final PassedSignals signals() {
    return signals;
  }

  /** How long to wait; null for as long as it takes. */
  @Nullable Duration patience() {
    return waitSeconds < 0 ? null : Duration.ofMillis(Math.round(waitSeconds * 1_000));
  }

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    String problem = Paths.problem(path);
    if (problem != null) {
      throw new CommandFailure(ExitCode.USAGE, "\"" + path + "\": " + problem + ".");
    }
    signals.handle();
    try (ConclaveClient client = session.connect()) {
      return run(client);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, e.getMessage() + ".", e);
    } catch (CompletionException e) {
      throw SessionOptions.explained(e);
    }
  }

  /** The exit code. */
  abstract int run(ConclaveClient client) throws CommandFailure, InterruptedException;

  /**
   * Waits for what is to be held. Empty when that took too long; a signal meanwhile is thrown.
   *
   * @param waiting is cancelled on a signal
   */
  final <T> T await(CompletableFuture<T> waiting) throws CommandFailure {
    try {
      CompletableFuture.anyOf(waiting, signals.endsTheWaiting()).join();
      if (!waiting.isDone()) {
        waiting.cancel(true);
        signals.throwIfEnded(name());
      }
      return waiting.join();
    } catch (CancellationException e) {
      throw new IllegalStateException("cancelled by nobody", e);
    }
  }

  final int gaveUp(String what) {
    say(what);
    return conflictExitCode;
  }

  final void say(String what) {
    System.err.println(name() + ": " + what + ".");
  }

  /** Runs the command and gives back what is held. {@link #LOST} when it was lost meanwhile. */
  final int runUnder(ConclaveClient client, Held held, LossOptions loss, List<String> command)
      throws CommandFailure, InterruptedException {
    try (held) {
      Map<String, String> environment = environment(client);
      environment.put("CONCLAVE_TOKEN", Long.toString(held.token()));
      Child child = start(command, environment);
      Watchdog watchdog = loss.watchdog(held, child, client.sessionTimeoutMs(), this::say);
      watchdog.start();
      int code = child.await();
      signals.passToNobody();
      watchdog.stop();
      return watchdog.hasBarked() && loss.onLoss != OnLoss.ignore ? LOST : code;
    }
  }

  /** Starts the command, which gets the signals from now on. */
  final Child start(List<String> command, Map<String, String> environment) throws CommandFailure {
    return signals.passTo(() -> Child.start(command, environment), name());
  }

  final Map<String, String> environment(ConclaveClient client) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("CONCLAVE_PATH", path);
    environment.put("CONCLAVE_SESSION", "0x" + Long.toHexString(client.sessionId()));
    return environment;
  }

  /** For recipes that wait without an end when they are asked to. */
  static CompletableFuture<Optional<Held>> always(CompletableFuture<Held> acquisition) {
    CompletableFuture<Optional<Held>> result = acquisition.thenApply(Optional::of);
    result.whenComplete(
        (held, failure) -> {
          if (result.isCancelled()) {
            acquisition.cancel(true);
          }
        });
    return result;
  }
}
