package conclave.cli;

import conclave.cli.common.CommandFailure;
import conclave.cli.common.ExitCode;
import conclave.cli.common.Progress;
import conclave.cli.common.Tty;
import conclave.server.Signals;
import conclave.simulator.Fault;
import conclave.simulator.Options;
import conclave.simulator.Shrinker;
import conclave.simulator.Simulation;
import conclave.simulator.Verdict;
import conclave.simulator.Violation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs whole ensembles in simulated worlds, and tells which seeds break a promise. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Runs whole ensembles in invented worlds where everything goes wrong that can, and checks"
            + " after every step that no promise is broken. A failure is a seed, which can be"
            + " repeated. SIGINT (Ctrl-C) or SIGTERM: no new world begins, and when those are over"
            + " that run, it is said what was done and how to go on; a second one ends it at once.",
    footer = {
      "",
      "Exit status:",
      "  0         Every promise was kept.",
      "  1         One was broken, also where a signal came later.",
      "  2         Wrong arguments.",
      "  130, 143  SIGINT or SIGTERM came before all was done; what was done kept every promise.",
      "",
      "Examples:",
      "  conclave simulate --seeds 1000",
      "  conclave simulate --seed 42 --trace   # what happens in that one, line by line",
      "  conclave simulate --seed 42 --shrink  # the few faults that it takes"
    })
final class SimulateCommand implements Callable<Integer> {
  private static final int SHRINK_RUNS = 300;
  private static final int MANY = 100;

  /** The signals that end this in good order, and their numbers, the same on all systems. */
  private static final Map<String, Integer> SIGNALS = Map.of("INT", 2, "TERM", 15);

  private static final int ENDED_BY_SIGNAL = 128;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many worlds (default: " + MANY + ", or 1 with --seed).")
  @Nullable Integer seeds;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The first seed (default: one that nobody knows); alone: just this one.")
  @Nullable Long seed;

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
  @Nullable Long steps;

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

  @Option(
      names = "--report-every",
      paramLabel = "S",
      description =
          "Without a terminal, and so without a progress bar: a line every S seconds on how far it"
              + " is (default: 30).")
  int reportEverySeconds = 30;

  @Option(names = "--no-progress", description = "No progress bar, and no such lines.")
  boolean noProgress;

  private final PrintStream out = System.out;
  private final List<Verdict> failed = new ArrayList<>();
  private long virtualMs;
  private long events;
  private int done;
  private Progress progress = Progress.none();
  private long beganNanos;
  private long reportedNanos;

  /** The first signal to end this. */
  private volatile @Nullable String signal;

  @Override
  public Integer call() throws CommandFailure, InterruptedException {
    boolean counts = seeds == null || seeds >= 1;
    if (!counts || minutes < 1 || threads < 1 || reportEverySeconds < 1) {
      throw new CommandFailure(
          ExitCode.USAGE, "--seeds, --minutes, --threads and --report-every begin with 1.");
    }
    if (steps != null && steps < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--steps begins with 1.");
    }
    int count = seeds != null ? seeds : seed != null ? 1 : MANY;
    long first = seed != null ? seed : ThreadLocalRandom.current().nextLong(1L << 32);
    progress = noProgress || trace ? Progress.none() : Progress.onTerminal();
    beganNanos = System.nanoTime();
    reportedNanos = beganNanos;
    if (count > 1) {
      // A single world has nothing to sum up.
      SIGNALS.keySet().forEach(name -> Signals.handle(name, this::ended));
    }
    runAll(first, count, trace ? 1 : threads);
    summary(first, count);
    String endedBy = signal;
    if (!failed.isEmpty()) {
      return ExitCode.REFUSED;
    }
    return endedBy == null || done == count ? ExitCode.DONE : exitCode(endedBy);
  }

  private static int exitCode(String signal) {
    return ENDED_BY_SIGNAL + SIGNALS.getOrDefault(signal, 0);
  }

  /** On a thread of the JVM's. */
  private synchronized void ended(String name) {
    if (signal != null) {
      Runtime.getRuntime().halt(exitCode(name));
    }
    signal = name;
  }

  private Options options(long s) {
    return plain ? Options.plain(s, minutes * 60_000L) : Options.of(s, minutes * 60_000L);
  }

  private Verdict run(long s) {
    long most = steps == null ? Long.MAX_VALUE : steps;
    return Simulation.run(s, options(s), most, trace ? out::println : null);
  }

  /** Runs so many worlds, a few at a time, and after a signal to their end those that run. */
  private void runAll(long first, int count, int atATime)
      throws CommandFailure, InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(atATime);
    try {
      ExecutorCompletionService<Verdict> runs = new ExecutorCompletionService<>(pool);
      int begun = 0;
      boolean told = false;
      while (done < begun || (begun < count && signal == null)) {
        while (begun < count && begun - done < atATime && signal == null) {
          long next = first + begun++;
          runs.submit(() -> run(next));
        }
        Future<Verdict> run = runs.poll(1, TimeUnit.SECONDS);
        if (run != null) {
          finished(run.get(), count);
        }
        if (signal != null && !told && done < begun) {
          told = true;
          progress.clear();
          out.println("SIG" + signal + ": no new world begins; a second signal ends this at once.");
        }
        report(count);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a simulation failed on an error of its own", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  /** Where there is no bar to be seen. */
  private void report(int count) {
    long now = System.nanoTime();
    boolean isDue = now - reportedNanos >= TimeUnit.SECONDS.toNanos(reportEverySeconds);
    if (isDue && !noProgress && !trace && !Tty.isInteractive()) {
      reportedNanos = now;
      out.printf("%,d of %,d seeds: %s, %d failed.%n", done, count, pace(), failed.size());
      out.flush();
    }
  }

  private void finished(Verdict verdict, int count) {
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
              + repeat(verdict.seed())
              + " --trace");
      if (trace) {
        violation.printStackTrace(out);
      }
      if (shrink && signal == null) {
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
            + pace()
            + (failed.isEmpty() ? "" : "  " + failed.size() + " failed"));
  }

  private String repeat(long from) {
    return "bin/conclave simulate --seed "
        + from
        + " --minutes "
        + minutes
        + (plain ? " --plain" : "");
  }

  private void shrink(Verdict verdict) {
    List<Fault.Timed> faults =
        Shrinker.shrink(
            verdict, options(verdict.seed()), SHRINK_RUNS, line -> progress.show(0, 1, line));
    progress.clear();
    out.println("  " + faults.size() + " of " + verdict.faults().size() + " faults are enough:");
    faults.forEach(fault -> out.println("  at " + fault.atMs() + " ms " + fault.fault()));
  }

  private String pace() {
    double wallMinutes = Math.max(1e-9, (System.nanoTime() - beganNanos) / 60e9);
    double hours = virtualMs / 3_600_000.0;
    return String.format(
        Locale.ROOT, "%,.1f simulated hours, %.0f a minute", hours, hours / wallMinutes);
  }

  private void summary(long first, int count) {
    progress.clear();
    out.printf(
        "%d of %d seeds kept every promise (from seed %d on): %s, %,d events.%n",
        done - failed.size(), done, first, pace(), events);
    if (done < count) {
      out.println(
          "SIG"
              + signal
              + " ended it, "
              + (count - done)
              + " seeds early. To go on: "
              + repeat(first + done)
              + " --seeds "
              + (count - done)
              + (threads > 1 ? " --threads " + threads : "")
              + (steps != null ? " --steps " + steps : ""));
    }
    out.flush();
  }
}
