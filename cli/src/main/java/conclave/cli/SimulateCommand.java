package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.simulator.Fault;
import conclave.simulator.Options;
import conclave.simulator.Shrinker;
import conclave.simulator.Simulation;
import conclave.simulator.Verdict;
import conclave.simulator.Violation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs whole ensembles in simulated worlds, and tells which seeds break a promise. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Runs whole ensembles in invented worlds where everything goes wrong that can, and checks"
            + " after every step that no promise is broken. A failure is a seed, which can be"
            + " repeated.",
    footer = {
      "",
      "  conclave simulate --seeds 1000",
      "  conclave simulate --seed 42 --trace   # what happens in that one, line by line",
      "  conclave simulate --seed 42 --shrink  # the few faults that it takes"
    })
final class SimulateCommand implements Callable<Integer> {
  private static final int SHRINK_RUNS = 300;

  @Option(names = "--seeds", paramLabel = "N", description = "How many worlds (default: 100).")
  int seeds = 100;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The first seed (default: one that nobody knows); alone: just this one.")
  @org.jspecify.annotations.Nullable
  Long seed;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "For how long things go wrong in each, in minutes there (default: 2).")
  int minutes = 2;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "Worlds at a time (default: 1). Each is a thread of its own.")
  int threads = 1;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description =
          "Stop each world after N steps. A step is one thing that happens: a packet arrives, a"
              + " timer is due, a disk is done. With --trace: what led to a failure, and no more.")
  @org.jspecify.annotations.Nullable
  Long steps;

  @Option(
      names = "--plain",
      description =
          "Without what only some ensembles have switched on: watches that stay, read-only mode,"
              + " local sessions, observers that log nothing, groups, short epochs.")
  boolean plain;

  @Option(names = "--trace", description = "Print everything that happens.")
  boolean trace;

  @Option(
      names = "--shrink",
      description = "For what fails, look for a few faults that are enough.")
  boolean shrink;

  @Option(names = "--no-progress", description = "No progress bar.")
  boolean noProgress;

  private final PrintStream out = System.out;
  private final List<Verdict> failed = new ArrayList<>();
  private long virtualMs;
  private long events;
  private int done;
  private Progress progress = Progress.none();

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    if (seeds < 1 || minutes < 1 || threads < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--seeds, --minutes and --threads begin with 1.");
    }
    if (steps != null && steps < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--steps begins with 1.");
    }
    boolean one = seed != null && seeds == 100;
    int count = one ? 1 : seeds;
    long first = seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 32);
    progress = noProgress || trace ? Progress.none() : Progress.onTerminal();
    long beganNanos = System.nanoTime();
    if (count == 1 || trace) {
      for (long s = first; s < first + count; s++) {
        finished(run(s), count, beganNanos);
      }
    } else {
      runAll(first, count, beganNanos);
    }
    summary(first, count, beganNanos);
    return failed.isEmpty() ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private Options options(long s) {
    return plain ? Options.plain(s, minutes * 60_000L) : Options.of(s, minutes * 60_000L);
  }

  private Verdict run(long s) {
    long most = steps == null ? Long.MAX_VALUE : steps;
    return Simulation.run(s, options(s), most, trace ? out::println : null);
  }

  private void runAll(long first, int count, long beganNanos)
      throws CommandFailure, InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      ExecutorCompletionService<Verdict> runs = new ExecutorCompletionService<>(pool);
      for (long s = first; s < first + count; s++) {
        long mine = s;
        runs.submit(() -> run(mine));
      }
      for (int i = 0; i < count; i++) {
        finished(runs.take().get(), count, beganNanos);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a simulation failed on an error of its own", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private void finished(Verdict verdict, int count, long beganNanos) {
    done++;
    virtualMs += verdict.virtualMs();
    events += verdict.events();
    Violation violation = verdict.violation();
    if (violation != null) {
      failed.add(verdict);
      progress.clear();
      out.println(
          "seed "
              + verdict.seed()
              + ": "
              + violation.getMessage()
              + "  At step "
              + verdict.events()
              + ". Repeat: "
              + repeat(verdict));
      if (trace) {
        violation.printStackTrace(out);
      }
      if (shrink) {
        shrink(verdict);
      }
    }
    progress.show(
        done,
        count,
        done
            + "/"
            + count
            + "  "
            + pace(beganNanos)
            + (failed.isEmpty() ? "" : "  " + failed.size() + " failed"));
  }

  private String repeat(Verdict verdict) {
    return "bin/conclave simulate --seed "
        + verdict.seed()
        + " --minutes "
        + minutes
        + (plain ? " --plain" : "")
        + " --trace";
  }

  private void shrink(Verdict verdict) {
    List<Fault.Timed> faults =
        Shrinker.shrink(
            verdict, options(verdict.seed()), SHRINK_RUNS, line -> progress.show(0, 1, line));
    progress.clear();
    out.println("  " + faults.size() + " of " + verdict.faults().size() + " faults are enough:");
    faults.forEach(fault -> out.println("  at " + fault.atMs() + " ms " + fault.fault()));
  }

  private String pace(long beganNanos) {
    double wallMinutes = Math.max(1e-9, (System.nanoTime() - beganNanos) / 60e9);
    double hours = virtualMs / 3_600_000.0;
    return String.format("%.1f simulated hours, %.0f a minute", hours, hours / wallMinutes);
  }

  private void summary(long first, int count, long beganNanos) {
    progress.clear();
    out.printf(
        "%d of %d seeds kept every promise (from seed %d on): %s, %,d events.%n",
        count - failed.size(), count, first, pace(beganNanos), events);
  }
}
