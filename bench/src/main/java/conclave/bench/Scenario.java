package conclave.bench;

import java.io.IOException;

/** One thing to measure, on servers of its own that {@link Bench} starts and stops. */
interface Scenario {
  void measure(Bench bench) throws IOException, InterruptedException;
}
