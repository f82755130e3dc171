package conclave.simulator;

import conclave.simulator.Randoms.Purpose;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * A machine in the world, with one process at a time on it that the simulator knows nothing of but
 * its bytes: it may be stopped for a while, ended at any moment, and cut off. What it does, it does
 * in tasks; a task is not disturbed by anything.
 */
public final class Guest implements Network.Listener {

  /** A process' end of a connection, or of an attempt at one. */
  public interface Socket {
    /** It is there; nothing comes before this. */
    void connected();

    /** There is none, since nobody has answered, or nobody listens. Nothing comes after this. */
    void refused();

    void received(byte[] bytes);

    /** The other side has hung up, or the connection is broken. Nothing comes after this. */
    void closed();
  }

  /** What a process can do with a connection. */
  public interface Wire {
    void send(byte[] bytes);

    /** Hangs up, or gives the attempt up; the socket is told nothing more. */
    void close();
  }

  private record Deferred(boolean timer, Runnable task) {}

  private final World world;
  private final Network network;
  private final Guests guests;
  private final int number;
  private final int machine;
  private final SplittableRandom random;
  private final long clockOffsetNanos;
  private final List<GuestWire> wires = new ArrayList<>();

  /** What the process would have done while it stood still. */
  private final ArrayDeque<Deferred> deferred = new ArrayDeque<>();

  private int process;
  private boolean running;
  private boolean leaving;
  private boolean resuming;
  private long pausedUntilUs;

  Guest(World world, Network network, Randoms randoms, Guests guests, int number) {
    this.world = world;
    this.network = network;
    this.guests = guests;
    this.number = number;
    this.machine = network.add(this);
    this.random = randoms.of(Purpose.GUEST, number);
    this.clockOffsetNanos = random.nextLong(1L << 50);
  }

  // --- what a process has from its machine

  /** Which machine, from 0 on. */
  public int number() {
    return number;
  }

  /** How many processes there were on it, with this one. */
  public int process() {
    return process;
  }

  public long nanoTime() {
    return clockOffsetNanos + world.nowUs() * 1_000;
  }

  public long currentTimeMs() {
    return Surroundings.EPOCH_MS + world.nowUs() / World.MS;
  }

  /** Time since the world began: the same for all, and no process' business. */
  public long worldMs() {
    return world.nowUs() / World.MS;
  }

  /** The process' own source of randomness. */
  public SplittableRandom random() {
    return random;
  }

  /** Lets this process do something later; nothing comes of it when it has ended by then. */
  public void after(long delayNanos, Runnable task) {
    int of = process;
    world.after(Math.max(1, (delayNanos + 999) / 1_000), () -> run(of, true, task));
  }

  /** Connects to the client port of a member; members count from 0. */
  public Wire connect(int member, Socket socket) {
    GuestWire wire = new GuestWire(this, process, socket);
    wires.removeIf(GuestWire::isOver);
    wires.add(wire);
    network.connect(machine, member, SimulatedHost.CLIENT_PORT, wire::connected);
    return wire;
  }

  /** Whether a process runs, and has a processor to run on. */
  public boolean isAwake() {
    return running && !isPaused();
  }

  public boolean isRunning() {
    return running;
  }

  /** A line of the trace. */
  public void say(Supplier<String> what) {
    world.say(() -> "guest " + number + " " + what.get());
  }

  /** A promise was broken: the run ends with this task. */
  public void fail(String promise, String what) {
    world.fail(new Violation(promise, what));
  }

  // --- what the world does with it

  void start() {
    if (!running && !leaving) {
      running = true;
      process++;
      say(() -> "starts");
      run(process, true, () -> guests.start(this));
    }
  }

  /**
   * The process is gone in the middle of what it was doing.
   *
   * @param silently whether nobody is told: with it the whole machine is gone
   */
  void kill(boolean silently, long downMs) {
    if (!running) {
      return;
    }
    say(() -> "is gone");
    running = false;
    deferred.clear();
    pausedUntilUs = 0;
    wires.forEach(wire -> wire.gone(silently));
    wires.clear();
    guests.ended(this);
    world.after(downMs * World.MS, this::start);
  }

  void pause(long forMs) {
    pausedUntilUs = Math.max(pausedUntilUs, world.nowUs() + forMs * World.MS);
  }

  void breakConnections() {
    wires.forEach(GuestWire::broken);
    wires.clear();
  }

  /** Nothing is wrong any more: it runs, or will soon. */
  void heal() {
    pausedUntilUs = 0;
    resumeLater();
    start();
  }

  /** No process is started any more. */
  void leave() {
    leaving = true;
  }

  int machine() {
    return machine;
  }

  boolean isPaused() {
    return world.nowUs() < pausedUntilUs;
  }

  /** Something that came in from outside happens to a process. */
  void run(int of, Runnable task) {
    run(of, false, task);
  }

  private void run(int of, boolean timer, Runnable task) {
    if (!running || of != process) {
      return;
    }
    if (isPaused() || !deferred.isEmpty()) {
      deferred.addLast(new Deferred(timer, task));
      resumeLater();
    } else {
      task.run();
    }
  }

  private void resumeLater() {
    if (!resuming && !deferred.isEmpty()) {
      resuming = true;
      world.at(pausedUntilUs, this::resume);
    }
  }

  private void resume() {
    resuming = false;
    if (isPaused()) {
      resumeLater();
      return;
    }
    if (deferred.size() > 1 && random.nextBoolean()) {
      // Whoever wakes up may look at its clock first, or at its sockets.
      List<Deferred> all = List.copyOf(deferred);
      deferred.clear();
      all.stream().filter(Deferred::timer).forEach(deferred::addLast);
      all.stream().filter(each -> !each.timer()).forEach(deferred::addLast);
    }
    next();
  }

  /** One after the other, so that anything may happen in between. */
  private void next() {
    resuming = false;
    if (isPaused()) {
      resumeLater();
      return;
    }
    Deferred first = deferred.pollFirst();
    if (first != null) {
      first.task().run();
    }
    if (!deferred.isEmpty() && !resuming) {
      resuming = true;
      world.after(1 + random.nextLong(20), this::next);
    }
  }

  Guests guests() {
    return guests;
  }

  @Override
  public Network.Reachable reachable() {
    return Network.Reachable.YES;
  }

  @Override
  public Network.Handler accepted(Network.End end, Object port) {
    throw new IllegalStateException("nobody connects to a guest");
  }

  @Override
  public String toString() {
    return "guest " + number;
  }
}
