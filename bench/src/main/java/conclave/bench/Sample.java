package conclave.bench;

/** One measured value. */
record Sample(Implementation implementation, Metric metric, int round, double value) {}
