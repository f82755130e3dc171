package conclave.bench;

import org.HdrHistogram.Histogram;

/** What was counted between the start and the end of one measured stretch. */
record Window(
    long operations, long nanos, long serverCpuMicros, long generatorCpuNanos, Histogram latency) {
  double perSecond() {
    return operations * 1e9 / nanos;
  }

  double serverMicrosPerOperation() {
    return (double) serverCpuMicros / operations;
  }

  double generatorMicrosPerOperation() {
    return generatorCpuNanos / 1e3 / operations;
  }

  double latencyMicros(double percentile) {
    return latency.getValueAtPercentile(percentile) / 1e3;
  }
}
