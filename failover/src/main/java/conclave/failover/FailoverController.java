package conclave.failover;

import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's failover controller. It has a thread that owns the {@link FailoverMachine} and does
 * nothing that could block; checks, hooks and fencing have threads of their own, and report to its
 * queue.
 */
public final class FailoverController implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FailoverController.class);
  private static final int HISTORY = 200;
  private static final long LOOK_MS = 1_000;

  /** How a controller ended; see {@link #ended}. */
  public record End(boolean clean, String detail) {}

  private final FailoverConfig config;
  private final FailoverMachine machine;
  private final Znodes znodes;
  private final HttpClient http = ControlClient.newHttpClient();
  private final LinkedBlockingQueue<Input> inbox = new LinkedBlockingQueue<>();
  private final Map<Long, Runnable> running = new ConcurrentHashMap<>();
  private final Map<Long, CompletableFuture<ControlClient.Answer>> asked =
      new ConcurrentHashMap<>();
  private final Queue<CompletableFuture<NodeStatus>> looks = new ConcurrentLinkedQueue<>();
  private final AtomicLong requests = new AtomicLong();
  private final Metrics metrics = new Metrics();
  private final CompletableFuture<End> ended = new CompletableFuture<>();
  private final Deque<NodeStatus.Happened> history = new ArrayDeque<>();
  private final long originNanos = System.nanoTime();
  private volatile NodeStatus status;
  private volatile boolean over;
  private final ControlServer control;

  private FailoverController(FailoverConfig config, Function<Consumer<Input>, Znodes> ensemble)
      throws IOException {
    this.config = config;
    machine = new FailoverMachine(config.machineOptions());
    status = describe();
    control =
        ControlServer.start(
            config.self().controller(),
            config.secret(),
            new FrontDesk(),
            () -> statusOfNow().toJson(),
            () -> metrics.text(statusOfNow()));
    znodes = ensemble.apply(inbox::add);
  }

  /** Starts a controller that talks to the ensemble of its configuration. */
  public static FailoverController start(FailoverConfig config) throws IOException {
    return start(config, inbox -> new ClientZnodes(config, inbox));
  }

  static FailoverController start(FailoverConfig config, Function<Consumer<Input>, Znodes> ensemble)
      throws IOException {
    FailoverController controller = new FailoverController(config, ensemble);
    thread("conclave-failover", controller::run).start();
    thread("conclave-failover-health", controller::watchHealth).start();
    return controller;
  }

  private static Thread thread(String name, Runnable what) {
    Thread thread = new Thread(what, name);
    thread.setDaemon(true);
    return thread;
  }

  /** How the node was when something happened last. */
  public NodeStatus status() {
    return status;
  }

  /**
   * How the node is now: a process that was stopped and goes on would else say that it is active,
   * before its clock has told it otherwise.
   */
  private NodeStatus statusOfNow() {
    CompletableFuture<NodeStatus> look = new CompletableFuture<>();
    looks.add(look);
    inbox.add(new Input.Tick());
    return look.completeOnTimeout(status, LOOK_MS, TimeUnit.MILLISECONDS).join();
  }

  /** Asks it to end, in good order if that can be had; {@link #ended} tells when it has. */
  public void stop() {
    inbox.add(new Input.Stop());
  }

  /** Completes when it has ended by itself or because it was asked to. */
  public CompletableFuture<End> ended() {
    return ended.copy();
  }

  /** Ends it at once, in no order: whoever becomes active next will fence this node. */
  @Override
  public void close() {
    over = true;
    inbox.add(new Input.Tick());
    control.close();
    running.values().forEach(Runnable::run);
    znodes.close();
  }

  // --- the thread that owns the machine

  private void run() {
    try {
      while (!over) {
        long waitMs = machine.wakeAtMs() - nowMs();
        Input input = waitMs <= 0 ? inbox.poll() : inbox.poll(waitMs, TimeUnit.MILLISECONDS);
        List<Action> actions = machine.on(nowMs(), input == null ? new Input.Tick() : input);
        actions.forEach(this::carryOut);
        status = describe();
        for (var look = looks.poll(); look != null; look = looks.poll()) {
          look.complete(status);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      // The machine has met what can't be. Nobody watches over the service any more, so the others
      // had better take over: without a session that happens, and they fence.
      LOG.error("The controller can't go on", e);
      ended.complete(new End(false, "The controller has met what it can't explain: " + e));
      throw e;
    } finally {
      close();
      ended.complete(new End(false, "Closed."));
    }
  }

  private long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - originNanos);
  }

  private void carryOut(Action action) {
    LOG.debug("{}", action);
    if (action instanceof Action.RunHook hook) {
      runHook(hook);
    } else if (action instanceof Action.CancelHook cancel) {
      cancel(cancel.id());
    } else if (action instanceof Action.Fence fence) {
      runFencing(fence);
    } else if (action instanceof Action.CancelFencing cancel) {
      cancel(cancel.id());
    } else if (action instanceof Action.Answer answer) {
      CompletableFuture<ControlClient.Answer> waiting = asked.get(answer.requestId());
      if (waiting != null) {
        waiting.complete(new ControlClient.Answer(answer.granted(), answer.detail()));
      }
    } else if (action instanceof Action.FailBack) {
      thread("conclave-failover-failback", this::failBack).start();
    } else if (action instanceof Action.Tell tell) {
      tell(tell.event());
    } else if (action instanceof Action.Exit exit) {
      over = true;
      znodes.close();
      ended.complete(new End(exit.clean(), exit.detail()));
    } else {
      if (action instanceof Action.OpenSession) {
        metrics.session();
      }
      znodes.carryOut(action);
    }
  }

  private void tell(Event event) {
    String at = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
    boolean well = event.text().startsWith(HealthState.SERVICE_HEALTHY.name());
    if ((event.kind() == Event.Kind.HEALTH && !well) || event.text().startsWith("Not ")) {
      LOG.warn("{}", event.text());
    } else {
      LOG.info("{}", event.text());
    }
    synchronized (history) {
      history.addLast(new NodeStatus.Happened(at, event.kind().name(), event.text()));
      if (history.size() > HISTORY) {
        history.removeFirst();
      }
    }
  }

  private NodeStatus describe() {
    List<NodeStatus.Happened> events;
    synchronized (history) {
      events = List.copyOf(history);
    }
    return new NodeStatus(
        config.self().name(),
        config.self().address(),
        machine.elector(),
        machine.service(),
        machine.health(),
        machine.healthDetail(),
        Identity.nodeOf(machine.active()),
        machine.token(),
        machine.doing(),
        events);
  }

  // --- hooks

  private void runHook(Action.RunHook hook) {
    Call call = config.hooks().get(hook.transition());
    if (call == null) {
      inbox.add(new Input.HookEnded(hook.id(), Ending.DONE, "nothing is configured"));
      return;
    }
    RunningCall made =
        new RunningCall(
            call, Variables.hook(config, hook.transition(), hook.context()), http, config.secret());
    running.put(hook.id(), made::cancel);
    thread("conclave-failover-hook", () -> makeHook(hook, made)).start();
  }

  private void makeHook(Action.RunHook hook, RunningCall made) {
    long beganMs = nowMs();
    CallResult result = made.make();
    running.remove(hook.id());
    long tookMs = nowMs() - beganMs;
    metrics.hook(hook.transition(), result.ending(), tookMs);
    String detail = result.detail().isEmpty() ? tookMs + " ms" : result.detail();
    inbox.add(new Input.HookEnded(hook.id(), result.ending(), detail));
  }

  // --- fencing

  private void runFencing(Action.Fence fence) {
    Fencing fencing = new Fencing(config, fence, http, metrics);
    running.put(fence.id(), fencing::cancel);
    thread(
            "conclave-failover-fencing",
            () -> {
              Input.FencingEnded ended = fencing.run();
              running.remove(fence.id());
              inbox.add(ended);
            })
        .start();
  }

  private void cancel(long id) {
    Runnable cancel = running.get(id);
    if (cancel != null) {
      cancel.run();
    }
  }

  // --- requests

  private final class FrontDesk implements ControlServer.Desk {
    @Override
    public CompletableFuture<ControlClient.Answer> yield(long forMs) {
      return ask(id -> new Input.Yield(id, forMs));
    }

    @Override
    public CompletableFuture<ControlClient.Answer> standDown(long token, String who) {
      return ask(id -> new Input.StandDown(id, token, who));
    }

    private CompletableFuture<ControlClient.Answer> ask(Function<Long, Input> input) {
      long id = requests.incrementAndGet();
      CompletableFuture<ControlClient.Answer> answer = new CompletableFuture<>();
      asked.put(id, answer);
      // Also when whoever asked has gone.
      answer.whenComplete((given, failure) -> asked.remove(id));
      inbox.add(input.apply(id));
      return answer;
    }
  }

  private void failBack() {
    try {
      new GracefulFailover(config, http).to(config.self().name(), line -> LOG.info("{}", line));
    } catch (ControlException e) {
      LOG.warn("Failing back to this node did not work: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // --- health

  private void watchHealth() {
    try {
      checkUntilOver();
    } catch (RuntimeException | Error e) {
      LOG.error("The health monitor can't go on", e);
      inbox.add(
          new Input.Health(
              HealthState.HEALTH_MONITOR_FAILED, ServiceState.UNKNOWN, String.valueOf(e)));
    }
  }

  private void checkUntilOver() {
    FailoverConfig.Health health = config.health();
    HealthMonitor monitor = new HealthMonitor(health.wellChecks(), health.illChecks());
    long nextMs = nowMs();
    while (!over) {
      long beganMs = nowMs();
      RunningCall call =
          new RunningCall(health.check(), Variables.check(config.self()), http, config.secret());
      Probe probe = probe(call.make());
      metrics.check(probe.result(), nowMs() - beganMs);
      inbox.add(new Input.Health(monitor.on(probe.result()), probe.role(), probe.detail()));
      nextMs = Math.max(nextMs + health.intervalMs(), nowMs());
      if (!pause(nextMs - nowMs())) {
        return;
      }
    }
  }

  /** False when the controller is over. */
  private boolean pause(long ms) {
    try {
      ended.get(Math.max(0, ms), TimeUnit.MILLISECONDS);
      return false;
    } catch (java.util.concurrent.TimeoutException e) {
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("an end never fails", e);
    }
  }

  private Probe probe(CallResult result) {
    Probe.Result what =
        switch (result.kind()) {
          case DONE -> Probe.Result.WELL;
          case REFUSED -> Probe.Result.ILL;
          case UNREACHABLE, SILENT, CANCELLED -> Probe.Result.SILENT;
          case IMPOSSIBLE -> Probe.Result.IMPOSSIBLE;
        };
    return new Probe(
        what, config.health().reportsRole() ? role(result) : ServiceState.UNKNOWN, result.detail());
  }

  private static ServiceState role(CallResult result) {
    String first = result.output().strip().split("\\s+", -1)[0].toLowerCase(Locale.ROOT);
    return switch (first) {
      case "active" -> ServiceState.ACTIVE;
      case "standby" -> ServiceState.STANDBY;
      default -> ServiceState.UNKNOWN;
    };
  }
}
