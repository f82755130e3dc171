package conclave.failover;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * An ensemble, controllers and services, all invented, in one thread and from one seed. Messages
 * take time and get lost with their connection; controllers and services are killed, stopped for a
 * while and started again; hooks that nobody waits for any more still take effect.
 *
 * <p>What is watched all along: never are two services active that can do anything.
 */
final class FakeWorld {
  static final int TIMEOUT_MS = 6_000;
  private static final int HOOK_TIMEOUT_MS = 3_000;
  private static final int REQUEST_TIMEOUT_MS = 2_000;

  private static final int MOST_NOTES = 300;

  private record Note(long atMs, Object[] what) {
    String text() {
      return atMs + " " + Arrays.stream(what).map(String::valueOf).collect(Collectors.joining(" "));
    }
  }

  private record Happening(long atMs, long order, Runnable what) {}

  /** What is true of the world and not of a node. */
  private final PriorityQueue<Happening> agenda =
      new PriorityQueue<>(
          Comparator.comparingLong(Happening::atMs).thenComparing(Happening::order));

  private final Random random;
  final Map<String, Node> nodes = new LinkedHashMap<>();
  private final Map<Long, Session> sessions = new HashMap<>();
  private final ArrayDeque<Note> log = new ArrayDeque<>();
  long nowMs = 1_000;
  private long orders;
  private long zxid = 0x100;
  private Znode lock;
  private Znode breadcrumb;

  /** The share of kills that work. */
  double killsThatWork = 0.9;

  /** Whether fencing says yes without having done anything: to see that somebody would notice. */
  boolean fencingLies;

  int activations;
  int fencings;
  int orderlyExits;

  FakeWorld(long seed, int size) {
    this(seed, size, -1);
  }

  FakeWorld(long seed, int size, long failBackAfterMs) {
    random = new Random(seed);
    for (int i = 1; i <= size; i++) {
      nodes.put("n" + i, new Node("n" + i, i == 1 ? failBackAfterMs : -1));
    }
    nodes.values().forEach(Node::start);
  }

  // --- time

  void after(long ms, Runnable what) {
    agenda.add(new Happening(nowMs + ms, orders++, what));
  }

  long upTo(int ms) {
    return 1L + random.nextInt(ms);
  }

  void run(long forMs) {
    long endMs = nowMs + forMs;
    while (!agenda.isEmpty() && agenda.peek().atMs() <= endMs) {
      Happening next = agenda.poll();
      nowMs = next.atMs();
      next.what().run();
      checkActives();
    }
    nowMs = endMs;
  }

  private void checkActives() {
    List<String> able = nodes.values().stream().filter(Node::acts).map(node -> node.name).toList();
    if (able.size() > 1) {
      throw new AssertionError("active at once: " + able + "\n" + text());
    }
  }

  /** Made into a text when somebody wants to read it: most worlds are never looked at. */
  private void note(Object... what) {
    log.addLast(new Note(nowMs, what));
    if (log.size() > MOST_NOTES) {
      log.removeFirst();
    }
  }

  String text() {
    return log.stream().map(Note::text).collect(Collectors.joining("\n"));
  }

  List<Node> active() {
    return nodes.values().stream().filter(Node::acts).toList();
  }

  // --- the ensemble

  private final class Session {
    final long id;
    final Node node;
    final int generation;
    final int life;
    long heardMs;
    boolean watching;
    boolean over;

    Session(Node node, int generation) {
      this.node = node;
      this.generation = generation;
      id = ++zxid;
      life = node.life;
      heardMs = nowMs;
      sessions.put(id, this);
      after(TIMEOUT_MS, this::expireMaybe);
    }

    private void expireMaybe() {
      if (over) {
        return;
      }
      long idleMs = nowMs - heardMs;
      if (idleMs >= TIMEOUT_MS) {
        note("session of " + node.name + " has expired");
        end();
      } else {
        // As a server's, its clock has ticks.
        after(TIMEOUT_MS - idleMs + random.nextInt(TIMEOUT_MS / 3), this::expireMaybe);
      }
    }

    void end() {
      over = true;
      sessions.remove(id);
      if (lock != null && lock.owner() == id) {
        lock = null;
        fireWatches();
      }
    }
  }

  private void fireWatches() {
    for (Session session : List.copyOf(sessions.values())) {
      if (session.watching) {
        session.watching = false;
        session.node.hear(session, new Input.LockChanged(session.generation));
      }
    }
  }

  /** An operator who deletes what is none of his business. */
  void deleteLock() {
    if (lock != null) {
      note("the lock is deleted");
      lock = null;
      fireWatches();
    }
  }

  private Input serve(Session session, Action action) {
    int generation = session.generation;
    if (action instanceof Action.CreateLock) {
      if (lock != null) {
        return new Input.LockExists(generation);
      }
      lock = new Znode(++zxid, 0, session.id, session.node.name);
      note(session.node.name + " holds the lock, token " + lock.czxid());
      fireWatches();
      return new Input.LockCreated(generation, lock.czxid());
    } else if (action instanceof Action.ReadLock read) {
      session.watching |= read.watch();
      return new Input.LockSeen(generation, lock);
    } else if (action instanceof Action.ReadBreadcrumb) {
      return new Input.BreadcrumbSeen(generation, breadcrumb);
    } else if (action instanceof Action.WriteBreadcrumb write) {
      int found = breadcrumb == null ? -1 : breadcrumb.version();
      if (found != write.version()) {
        return new Input.BreadcrumbRefused(generation);
      }
      long created = breadcrumb == null ? ++zxid : breadcrumb.czxid();
      breadcrumb = new Znode(created, found + 1, 0, session.node.name);
      return new Input.BreadcrumbWritten(generation, found + 1);
    } else if (action instanceof Action.DeleteBreadcrumb delete) {
      if (breadcrumb != null && breadcrumb.version() == delete.version()) {
        breadcrumb = null;
      }
      return new Input.BreadcrumbDeleted(generation);
    }
    throw new IllegalStateException("action=" + action);
  }

  // --- one machine with a controller and a service

  final class Node {
    final String name;
    private final long failBackAfterMs;
    private FailoverMachine machine;
    int life;
    boolean alive;
    boolean paused;
    private boolean linked = true;
    private final Queue<Runnable> whilePaused = new ArrayDeque<>();
    private Session session;
    private boolean sessionUp;
    private final Set<Long> cancelled = new TreeSet<>();
    private final Map<Long, Runnable> answers = new HashMap<>();
    private final Map<Long, Runnable> refusals = new HashMap<>();

    boolean up = true;
    boolean hung;
    boolean active;
    private int incarnation;
    private final List<Runnable> whenItMoves = new ArrayList<>();

    Node(String name, long failBackAfterMs) {
      this.name = name;
      this.failBackAfterMs = failBackAfterMs;
    }

    boolean acts() {
      return up && !hung && active;
    }

    FailoverMachine machine() {
      return machine;
    }

    void start() {
      life++;
      alive = true;
      paused = false;
      whilePaused.clear();
      session = null;
      cancelled.clear();
      int mine = life;
      machine =
          new FailoverMachine(
              new MachineOptions(
                  name,
                  1_000,
                  2_000,
                  name.equals("n1") ? 0 : 100,
                  true,
                  failBackAfterMs,
                  Set.of("n2", "n3"),
                  0,
                  10_000));
      note(name + ": controller starts");
      checkHealth(mine);
      ping(mine);
    }

    // --- its life

    /** Whatever the controller's process does waits until the process runs. */
    private void asProcess(int itsLife, Runnable what) {
      if (itsLife != life || !alive) {
        return;
      }
      if (paused) {
        whilePaused.add(() -> asProcess(itsLife, what));
      } else {
        what.run();
      }
    }

    private void input(int itsLife, Input input) {
      asProcess(
          itsLife,
          () -> {
            List<Action> actions = machine.on(nowMs, input);
            if (!(input instanceof Input.Tick) || !actions.isEmpty()) {
              note(name, "<", input);
            }
            actions.forEach(this::carryOut);
            long wakeMs = machine.wakeAtMs();
            if (alive && wakeMs != Long.MAX_VALUE) {
              after(Math.max(1, wakeMs - nowMs), () -> tick(itsLife, wakeMs));
            }
          });
    }

    private void tick(int itsLife, long wakeMs) {
      if (machine.wakeAtMs() == wakeMs) {
        input(itsLife, new Input.Tick());
      }
    }

    private void checkHealth(int itsLife) {
      if (itsLife == life && alive) {
        boolean well = up && !hung;
        HealthState state = well ? HealthState.SERVICE_HEALTHY : HealthState.SERVICE_NOT_RESPONDING;
        ServiceState role = active ? ServiceState.ACTIVE : ServiceState.STANDBY;
        input(itsLife, new Input.Health(state, well ? role : ServiceState.UNKNOWN, ""));
        after(700 + upTo(300), () -> asProcess(itsLife, () -> checkHealth(itsLife)));
      }
    }

    void crash() {
      if (alive) {
        note(name + ": controller is killed");
        alive = false;
        life++;
        whilePaused.clear();
      }
    }

    void restart() {
      if (!alive) {
        start();
      }
    }

    void pause() {
      if (alive && !paused) {
        note(name + ": controller is stopped by a signal");
        paused = true;
      }
    }

    void resume() {
      if (paused) {
        note(name + ": controller goes on");
        paused = false;
        List<Runnable> waiting = List.copyOf(whilePaused);
        whilePaused.clear();
        waiting.forEach(Runnable::run);
      }
    }

    void stop() {
      note(name + ": controller is asked to stop");
      input(life, new Input.Stop());
    }

    void yieldFor(long ms) {
      input(life, new Input.Yield(++orders, ms));
    }

    // --- its service

    void kill() {
      if (up) {
        note(name + ": service is killed");
        up = false;
        hung = false;
        active = false;
        incarnation++;
        whenItMoves.clear();
      }
    }

    void hang() {
      if (up && !hung) {
        note(name + ": service hangs");
        hung = true;
      }
    }

    void move() {
      if (hung) {
        note(name + ": service goes on");
        hung = false;
        // What has arrived meanwhile is done in any order.
        List<Runnable> waiting = new ArrayList<>(whenItMoves);
        whenItMoves.clear();
        java.util.Collections.shuffle(waiting, random);
        waiting.forEach(Runnable::run);
      }
    }

    void reviveService() {
      if (!up) {
        note(name + ": service starts, as standby");
        up = true;
      }
    }

    // --- its connection

    void cut() {
      if (linked) {
        note(name + ": cut off");
        linked = false;
        int itsLife = life;
        Session its = session;
        // Noticed at once, when somebody says so, or by silence.
        long noticedMs = random.nextBoolean() ? upTo(50) : TIMEOUT_MS * 2 / 3;
        after(noticedMs, () -> asProcess(itsLife, () -> notice(its)));
      }
    }

    private void notice(Session its) {
      if (!linked && its != null && its == session && sessionUp) {
        sessionUp = false;
        input(life, new Input.OperationFailed(its.generation, "connection lost", false));
        input(life, new Input.SessionSuspended(its.generation));
      }
    }

    void heal() {
      if (!linked) {
        note(name + ": in touch again");
        linked = true;
      }
    }

    /** A client's: it says that it lives, and connects again. */
    private void ping(int itsLife) {
      if (itsLife != life || !alive) {
        return;
      }
      after(TIMEOUT_MS / 6, () -> asProcess(itsLife, () -> ping(itsLife)));
      Session its = session;
      if (its == null || !linked) {
        return;
      }
      if (its.over) {
        session = null;
        input(itsLife, new Input.SessionLost(its.generation, "expired"));
      } else {
        its.heardMs = nowMs;
        if (!sessionUp) {
          sessionUp = true;
          input(itsLife, new Input.OperationFailed(its.generation, "connection lost", false));
          input(itsLife, new Input.SessionConnected(its.generation, its.id, TIMEOUT_MS));
        }
      }
    }

    void hear(Session from, Input input) {
      int itsLife = life;
      after(
          upTo(20),
          () -> {
            if (linked && from == session) {
              input(itsLife, input);
            }
          });
    }

    // --- what its controller wants

    private void carryOut(Action action) {
      if (!(action instanceof Action.ReadLock)) {
        note(name, ">", action);
      }
      if (action instanceof Action.OpenSession open) {
        open(open.generation());
      } else if (action instanceof Action.CloseSession) {
        close();
      } else if (action instanceof Action.RunHook run) {
        run(run);
      } else if (action instanceof Action.CancelHook cancel) {
        cancelled.add(cancel.id());
        input(life, new Input.HookEnded(cancel.id(), Ending.CANCELLED, ""));
      } else if (action instanceof Action.Fence fence) {
        fence(fence);
      } else if (action instanceof Action.CancelFencing cancel) {
        cancelled.add(cancel.id());
        int itsLife = life;
        after(
            upTo(3_000),
            () -> input(itsLife, new Input.FencingEnded(cancel.id(), false, "cancelled")));
      } else if (action instanceof Action.Answer answer) {
        Runnable reply = (answer.granted() ? answers : refusals).remove(answer.requestId());
        if (reply != null) {
          after(upTo(20), reply);
        }
      } else if (action instanceof Action.FailBack) {
        nodes.values().stream()
            .filter(node -> node != this)
            .forEach(node -> after(upTo(20), () -> node.yieldFor(3_000)));
      } else if (action instanceof Action.Exit exit) {
        alive = false;
        life++;
        orderlyExits += exit.clean() ? 1 : 0;
      } else if (!(action instanceof Action.Tell)) {
        operate(action);
      }
    }

    private void open(int generation) {
      int itsLife = life;
      after(
          upTo(50),
          () -> {
            if (!linked) {
              after(500, () -> input(itsLife, new Input.SessionLost(generation, "can't connect")));
              return;
            }
            asProcess(
                itsLife,
                () -> {
                  session = new Session(this, generation);
                  sessionUp = true;
                  input(itsLife, new Input.SessionConnected(generation, session.id, TIMEOUT_MS));
                });
          });
    }

    private void close() {
      Session closed = session;
      session = null;
      after(
          upTo(20),
          () -> {
            // A cut loses the good-bye too; then the session ends by its timeout.
            if (closed != null && linked && !closed.over) {
              closed.end();
            }
          });
    }

    private void operate(Action action) {
      Session its = session;
      int itsLife = life;
      if (its == null || !sessionUp) {
        return;
      }
      after(
          upTo(20),
          () -> {
            if (!linked || its.life != life) {
              return;
            }
            if (its.over) {
              return;
            }
            its.heardMs = nowMs;
            Input reply = serve(its, action);
            after(
                upTo(20),
                () -> {
                  if (linked && its == session) {
                    input(itsLife, reply);
                  }
                });
          });
    }

    private void run(Action.RunHook run) {
      int itsLife = life;
      int itsIncarnation = incarnation;
      boolean[] ended = new boolean[1];
      after(
          HOOK_TIMEOUT_MS,
          () -> {
            if (!ended[0]) {
              ended[0] = true;
              input(itsLife, new Input.HookEnded(run.id(), Ending.TIMED_OUT, ""));
            }
          });
      boolean slow = random.nextInt(20) == 0;
      after(
          slow ? upTo(HOOK_TIMEOUT_MS * 2) : upTo(200),
          () -> arrive(run, itsLife, itsIncarnation, ended));
    }

    private void arrive(Action.RunHook run, int itsLife, int itsIncarnation, boolean[] ended) {
      // A controller takes its hooks along, as a supervisor does it that ends a group of processes.
      if (itsLife != life) {
        return;
      }
      if (!up || itsIncarnation != incarnation || random.nextInt(30) == 0) {
        if (!ended[0]) {
          ended[0] = true;
          input(itsLife, new Input.HookEnded(run.id(), Ending.FAILED, "no service"));
        }
        return;
      }
      if (hung) {
        whenItMoves.add(() -> arrive(run, itsLife, itsIncarnation, ended));
        return;
      }
      if (run.transition() != Transition.FOLLOW) {
        active = run.transition() == Transition.BECOME_ACTIVE;
        activations += active ? 1 : 0;
        note(name + ": service is " + (active ? "ACTIVE" : "standby"));
      }
      after(
          upTo(20),
          () -> {
            if (!ended[0]) {
              ended[0] = true;
              input(itsLife, new Input.HookEnded(run.id(), Ending.DONE, ""));
            }
          });
    }

    // --- fencing: a graceful request first, then a kill

    private void fence(Action.Fence fence) {
      fencings++;
      Node old = nodes.get(fence.old());
      int itsLife = life;
      if (fencingLies) {
        after(upTo(20), () -> input(itsLife, new Input.FencingEnded(fence.id(), true, "")));
        return;
      }
      boolean[] done = new boolean[1];
      Runnable next =
          () -> {
            if (!done[0]) {
              done[0] = true;
              asProcess(itsLife, () -> killOld(fence, old));
            }
          };
      if (!old.alive || !linked || !old.linked) {
        after(upTo(20), next);
        return;
      }
      long request = ++orders;
      old.answers.put(
          request,
          () -> {
            if (!done[0]) {
              done[0] = true;
              input(itsLife, new Input.FencingEnded(fence.id(), true, "graceful"));
            }
          });
      old.refusals.put(request, next);
      int oldLife = old.life;
      after(upTo(20), () -> old.input(oldLife, new Input.StandDown(request, fence.token(), name)));
      after(REQUEST_TIMEOUT_MS, next);
    }

    private void killOld(Action.Fence fence, Node old) {
      int itsLife = life;
      if (cancelled.contains(fence.id())) {
        return;
      }
      after(
          upTo(100),
          () -> {
            boolean works = random.nextDouble() < killsThatWork;
            if (works) {
              note(name + " kills the service of " + old.name);
              old.kill();
              after(upTo(3_000), old::reviveService);
            }
            input(itsLife, new Input.FencingEnded(fence.id(), works, "kill"));
          });
    }
  }

  // --- trouble

  /** Something bad happens to somebody, or something is mended. */
  void trouble() {
    List<Node> all = List.copyOf(nodes.values());
    Node node = all.get(random.nextInt(all.size()));
    switch (random.nextInt(16)) {
      case 0, 1 -> node.cut();
      case 2 -> node.heal();
      case 3, 4 -> node.pause();
      case 5 -> node.resume();
      case 6 -> node.crash();
      case 7 -> node.restart();
      case 8 -> node.hang();
      case 9 -> node.move();
      case 10 -> node.kill();
      case 11 -> node.reviveService();
      case 12 -> node.stop();
      case 13 -> {
        node.yieldFor(upTo(8_000));
        after(upTo(400), () -> node.yieldFor(0));
      }
      case 14 -> deleteLock();
      default -> all.forEach(Node::cut);
    }
  }

  void mendAll() {
    note("all is mended");
    killsThatWork = 1;
    for (Node node : nodes.values()) {
      node.heal();
      node.move();
      node.reviveService();
      node.resume();
      node.restart();
      // Some have been asked to stop and are still about it.
      after(15_000, node::restart);
    }
  }
}
