package conclave.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.HdrHistogram.Histogram;

/** Reads all clocks of a window at its start, and again at its end. */
final class Stopwatch {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final UnderLoad server;
  private final long startNanos;
  private final long startServerMicros;
  private final long startOwnNanos;

  private Stopwatch(UnderLoad server) throws IOException {
    this.server = server;
    startServerMicros = server.cpuMicros();
    startOwnNanos = THREADS.getCurrentThreadCpuTime();
    startNanos = System.nanoTime();
  }

  /** Starts on the thread that makes the load, whose own CPU time is counted as well. */
  static Stopwatch start(UnderLoad server) throws IOException {
    return new Stopwatch(server);
  }

  Window stop(long operations, Histogram latency) throws IOException {
    long nanos = System.nanoTime() - startNanos;
    long ownNanos = THREADS.getCurrentThreadCpuTime() - startOwnNanos;
    long serverMicros = server.cpuMicros() - startServerMicros;
    return new Window(operations, nanos, serverMicros, ownNanos, latency);
  }
}
