package conclave.simulator;

import conclave.simulator.Fault.Timed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run.
 *
 * @param seed that made it
 * @param violation null when every promise was kept
 * @param faults what went wrong in it
 * @param virtualMs how much time passed in its world
 * @param transactions how many were decided
 * @param events how many things happened
 * @param trace a hash of all that happened: two runs with the same one were the same
 */
public record Verdict(
    long seed,
    @Nullable Violation violation,
    List<Timed> faults,
    long virtualMs,
    long transactions,
    long events,
    long trace) {

  /** Whether every promise was kept. */
  public boolean isGood() {
    return violation == null;
  }
}
