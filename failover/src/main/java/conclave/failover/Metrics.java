package conclave.failover;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What a controller counts; written by its thread, read by any. */
final class Metrics {
  private static final String PREFIX = "conclave_failover_";

  private record Sum(long count, double seconds) {}

  private final Map<String, Sum> hooks = new TreeMap<>();
  private final Map<String, Sum> fencings = new TreeMap<>();
  private final Map<String, Sum> checks = new TreeMap<>();
  private long sessions;

  synchronized void hook(Transition transition, Ending ending, long tookMs) {
    add(
        hooks,
        "transition=\"" + transition.key() + "\",ending=\"" + lower(ending.name()) + "\"",
        tookMs);
  }

  synchronized void fencing(String method, boolean fenced, long tookMs) {
    add(fencings, "method=\"" + method + "\",fenced=\"" + fenced + "\"", tookMs);
  }

  synchronized void check(Probe.Result result, long tookMs) {
    add(checks, "result=\"" + lower(result.name()) + "\"", tookMs);
  }

  synchronized void session() {
    sessions++;
  }

  private static void add(Map<String, Sum> sums, String labels, long tookMs) {
    sums.merge(
        labels,
        new Sum(1, tookMs / 1000.0),
        (a, b) -> new Sum(a.count() + b.count(), a.seconds() + b.seconds()));
  }

  /** Everything as Prometheus reads it. */
  synchronized String text(NodeStatus status) {
    StringBuilder out = new StringBuilder();
    help(out, "elector_state", "gauge", "1 for the state of the node in the election");
    for (ElectorState state : ElectorState.values()) {
      line(out, "elector_state{state=\"" + lower(state.name()) + "\"}", state == status.elector());
    }
    help(out, "service_state", "gauge", "1 for what the service was made");
    for (ServiceState state : ServiceState.values()) {
      line(out, "service_state{state=\"" + lower(state.name()) + "\"}", state == status.service());
    }
    help(out, "healthy", "gauge", "1 while the service is healthy");
    line(out, "healthy", status.health() == HealthState.SERVICE_HEALTHY);
    help(out, "token", "gauge", "the fencing token, while this node holds the lock");
    out.append(PREFIX).append("token ").append(status.token()).append('\n');
    help(out, "sessions_total", "counter", "sessions opened with the ensemble");
    out.append(PREFIX).append("sessions_total ").append(sessions).append('\n');
    sums(out, "hook", "transitions tried", hooks);
    sums(out, "fencing", "attempts to fence", fencings);
    sums(out, "check", "health checks", checks);
    return out.toString();
  }

  private static void sums(StringBuilder out, String name, String what, Map<String, Sum> sums) {
    help(out, name + "_seconds", "summary", what + ", and how long they took");
    sums.forEach(
        (labels, sum) -> {
          out.append(PREFIX).append(name).append("_seconds_count{").append(labels).append("} ");
          out.append(sum.count()).append('\n');
          out.append(PREFIX).append(name).append("_seconds_sum{").append(labels).append("} ");
          out.append(String.format(Locale.ROOT, "%.3f", sum.seconds())).append('\n');
        });
  }

  private static void help(StringBuilder out, String name, String type, String text) {
    out.append("# HELP ").append(PREFIX).append(name).append(' ').append(text).append('\n');
    out.append("# TYPE ").append(PREFIX).append(name).append(' ').append(type).append('\n');
  }

  private static void line(StringBuilder out, String name, boolean value) {
    out.append(PREFIX).append(name).append(' ').append(value ? 1 : 0).append('\n');
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
