package conclave.bench;

import java.io.PrintStream;
import java.util.Locale;
import java.util.OptionalDouble;

/** The table at the end of a run: medians, ratio, target. */
final class Report {
  private static final String LINE = "%-42s %14s %14s %8s  %-9s %s%n";

  private final Results results;

  Report(Results results) {
    this.results = results;
  }

  void print(PrintStream out) {
    out.printf(Locale.ROOT, LINE, "", "Apache 3.9.5", "Conclave", "ratio", "target", "");
    for (Metric metric : Metric.values()) {
      OptionalDouble apache = results.median(Implementation.APACHE, metric);
      OptionalDouble conclave = results.median(Implementation.CONCLAVE, metric);
      if (apache.isPresent() || conclave.isPresent()) {
        out.printf(
            Locale.ROOT,
            LINE,
            metric.title(),
            show(metric, apache),
            show(metric, conclave),
            ratio(apache, conclave),
            metric.target(),
            verdict(metric, apache, conclave));
      }
    }
  }

  private static String show(Metric metric, OptionalDouble value) {
    return value.isPresent() ? metric.unit().show(value.getAsDouble()) : "-";
  }

  private static String ratio(OptionalDouble apache, OptionalDouble conclave) {
    if (apache.isEmpty() || conclave.isEmpty() || apache.getAsDouble() == 0) {
      return "";
    }
    return String.format(Locale.ROOT, "%.2f×", conclave.getAsDouble() / apache.getAsDouble());
  }

  private static String verdict(Metric metric, OptionalDouble apache, OptionalDouble conclave) {
    Target target = metric.target();
    if (target.kind() == Target.Kind.NONE
        || conclave.isEmpty()
        || (apache.isEmpty() && !target.isAbsolute())) {
      return "";
    }
    return target.reached(apache.orElse(0), conclave.getAsDouble()) ? "reached" : "MISSED";
  }
}
