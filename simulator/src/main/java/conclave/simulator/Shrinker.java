package conclave.simulator;

import conclave.simulator.Fault.Timed;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Finds a small list of faults that breaks the same promise: leaves out parts of it, halves first
 * and single faults in the end, as long as the promise is still broken (delta debugging).
 */
public final class Shrinker {
  private final Options options;
  private final long seed;
  private final Tampering tampering;
  private final String promise;
  private final Consumer<String> progress;
  private final int mostRuns;
  private int runs;

  private Shrinker(
      Verdict failed,
      Options options,
      Tampering tampering,
      int mostRuns,
      Consumer<String> progress) {
    Violation violation = failed.violation();
    if (violation == null) {
      throw new IllegalArgumentException("nothing was broken: seed=" + failed.seed());
    }
    this.seed = failed.seed();
    this.options = options;
    this.tampering = tampering;
    this.promise = violation.promise();
    this.mostRuns = mostRuns;
    this.progress = progress;
  }

  /**
   * The smallest list that was found within so many runs.
   *
   * @param progress told how it goes
   */
  public static List<Timed> shrink(
      Verdict failed, Options options, int mostRuns, Consumer<String> progress) {
    return shrink(failed, options, Tampering.NONE, mostRuns, progress);
  }

  static List<Timed> shrink(
      Verdict failed,
      Options options,
      Tampering tampering,
      int mostRuns,
      Consumer<String> progress) {
    return new Shrinker(failed, options, tampering, mostRuns, progress).shrink(failed.faults());
  }

  private List<Timed> shrink(List<Timed> faults) {
    List<Timed> smallest = faults;
    int parts = 2;
    while (!smallest.isEmpty() && runs < mostRuns) {
      List<Timed> smaller = withoutOnePart(smallest, parts);
      if (smaller != null) {
        smallest = smaller;
        parts = Math.max(2, parts - 1);
        progress.accept(smallest.size() + " faults after " + runs + " runs");
      } else if (parts >= smallest.size()) {
        return smallest;
      } else {
        parts = Math.min(smallest.size(), 2 * parts);
      }
    }
    return smallest;
  }

  private @org.jspecify.annotations.Nullable List<Timed> withoutOnePart(
      List<Timed> faults, int parts) {
    int size = faults.size();
    for (int part = 0; part < parts && runs < mostRuns; part++) {
      int from = (int) ((long) size * part / parts);
      int to = (int) ((long) size * (part + 1) / parts);
      if (from < to) {
        List<Timed> rest = new ArrayList<>(faults.subList(0, from));
        rest.addAll(faults.subList(to, size));
        if (breaks(rest)) {
          return rest;
        }
      }
    }
    return null;
  }

  private boolean breaks(List<Timed> faults) {
    runs++;
    Violation violation = Simulation.run(seed, options, faults, tampering, null).violation();
    return violation != null && violation.promise().equals(promise);
  }
}
