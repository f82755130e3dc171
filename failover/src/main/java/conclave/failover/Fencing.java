package conclave.failover;

import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One attempt to fence an old active: one method after the other, until one has worked. */
final class Fencing {
  private final FailoverConfig config;
  private final Action.Fence fence;
  private final HttpClient http;
  private final Metrics metrics;
  private volatile boolean cancelled;
  private volatile @Nullable RunningCall current;

  Fencing(FailoverConfig config, Action.Fence fence, HttpClient http, Metrics metrics) {
    this.config = config;
    this.fence = fence;
    this.http = http;
    this.metrics = metrics;
  }

  /** Ends the method that is tried now, and tries no other. */
  void cancel() {
    cancelled = true;
    RunningCall call = current;
    if (call != null) {
      call.cancel();
    }
  }

  Input.FencingEnded run() {
    Identity old = Identity.parse(fence.old());
    Map<String, String> variables = Variables.fence(config, old, fence.token());
    List<String> tried = new ArrayList<>();
    for (FencingMethod method : config.fencing()) {
      RunningCall call = new RunningCall(method.call(), variables, http, config.secret());
      current = call;
      if (cancelled) {
        tried.add("cancelled");
        break;
      }
      long beganNanos = System.nanoTime();
      CallResult result = call.make();
      long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
      metrics.fencing(method.name(), result.isDone(), tookMs);
      if (result.isDone()) {
        tried.add(method.name() + " has worked, " + tookMs + " ms");
        return new Input.FencingEnded(fence.id(), true, told(old, tried));
      }
      tried.add(method.name() + " has not: " + result.detail());
    }
    if (config.fencing().isEmpty()) {
      tried.add("no method is configured");
    }
    return new Input.FencingEnded(fence.id(), false, told(old, tried));
  }

  private static String told(Identity old, List<String> tried) {
    return old.node() + "; " + String.join("; ", tried);
  }
}
