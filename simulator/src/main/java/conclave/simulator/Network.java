package conclave.simulator;

import conclave.simulator.Randoms.Purpose;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Machines, numbered from 0, and the wires between them. Each ordered pair has its own delay,
 * bandwidth and state, so that a way may be cut and its way back not.
 *
 * <p>What is sent over a {@link Connection} arrives in order or not at all, as over TCP: what a cut
 * way holds up arrives after the cut is healed, unless the connection was given up meanwhile.
 * Different connections know nothing of one another's order.
 */
final class Network {

  /** How long the kernel tries to reach a machine that doesn't answer. */
  private static final long CONNECT_TIMEOUT_US = 5 * World.SECOND;

  /** Whether a machine, or a process on it, can be reached. */
  enum Reachable {
    YES,
    /** Nobody listens: the kernel says so. */
    REFUSED,
    /** The machine is off: nobody says anything. */
    SILENT
  }

  /** Who listens on a machine. */
  interface Listener {
    Reachable reachable();

    /** A connection has come in; what arrives on it goes to the handler that is returned. */
    Handler accepted(End end, Object port);
  }

  /** Takes what arrives at one end. */
  interface Handler {
    void received(Object message);

    /** The other side has hung up, or the connection has failed. Nothing comes after this. */
    void closed();
  }

  /** Told how an attempt to connect has ended; null when it has failed. */
  interface Connected {
    @Nullable Handler connected(@Nullable End end);
  }

  /** One direction between two machines. */
  private final class Way {
    final SplittableRandom random;
    final long baseUs;
    final List<Pipe> stalled = new ArrayList<>();
    int cuts;

    /** Bytes per second; 0 for no limit. */
    long bandwidth;

    int slow;

    Way(SplittableRandom random, long baseUs) {
      this.random = random;
      this.baseUs = baseUs;
    }

    long delayUs() {
      long jitter = baseUs + 50;
      // Mostly a little more than the least; sometimes much more.
      long delay = baseUs + random.nextLong(jitter);
      return random.nextInt(64) == 0 ? delay + random.nextLong(20 * World.MS) : delay;
    }
  }

  /**
   * Something on its way.
   *
   * @param earliestUs when it would arrive if the way were wide
   */
  private record Sent(Object message, int bytes, long earliestUs) {}

  /** One direction of a connection. */
  private final class Pipe {
    final Way way;
    final ArrayDeque<Sent> underWay = new ArrayDeque<>();
    final End to;
    long lastArrivalUs;
    boolean scheduled;
    boolean dead;

    Pipe(Way way, End to) {
      this.way = way;
      this.to = to;
    }

    void send(Object message, int bytes) {
      underWay.addLast(new Sent(message, bytes, world.nowUs() + way.delayUs()));
      schedule();
    }

    /** The first in the queue arrives next; how wide the way is, is seen only now. */
    void schedule() {
      Sent next = underWay.peekFirst();
      if (!scheduled && !dead && next != null) {
        scheduled = true;
        long transmissionUs = way.bandwidth > 0 ? next.bytes() * World.SECOND / way.bandwidth : 1;
        lastArrivalUs = Math.max(next.earliestUs(), lastArrivalUs + transmissionUs);
        if (way.bandwidth > 0) {
          lastArrivalUs = Math.max(lastArrivalUs, world.nowUs() + transmissionUs);
        }
        world.at(lastArrivalUs, this::arrive);
      }
    }

    void arrive() {
      scheduled = false;
      if (dead) {
        return;
      }
      if (way.cuts > 0) {
        way.stalled.add(this);
        return;
      }
      Sent sent = underWay.pollFirst();
      if (sent == null) {
        return;
      }
      schedule();
      if (sent.message() == END) {
        to.end();
      } else {
        to.arrived(sent.message());
      }
    }
  }

  /** One side of a connection. */
  final class End {
    private final int machine;
    private @Nullable End peer;
    private @Nullable Pipe out;
    private @Nullable Handler handler;
    private boolean open = true;

    /** Broken without anybody having been told. */
    private boolean broken;

    End(int machine) {
      this.machine = machine;
    }

    boolean isOpen() {
      return open;
    }

    /** Bytes on their way out that have not arrived yet: what fills the buffers of a kernel. */
    int underWay() {
      return out == null ? 0 : out.underWay.size();
    }

    void send(Object message, int bytes) {
      if (!open) {
        return;
      }
      if (broken) {
        noticeBreak();
      } else if (out != null) {
        out.send(message, bytes);
      }
    }

    /** Hangs up: what was sent arrives, and then the news of it. */
    void close() {
      if (open) {
        open = false;
        if (!broken && out != null) {
          out.send(END, 1);
        }
      }
    }

    /** Nobody is told: the machine is gone. */
    void vanish() {
      open = false;
      End other = peer;
      if (other != null) {
        other.broken = true;
        kill();
      }
    }

    private void kill() {
      if (out != null) {
        out.dead = true;
      }
      if (peer != null && peer.out != null) {
        peer.out.dead = true;
      }
    }

    /** The other machine answers that it knows of no such connection, if it answers. */
    private void noticeBreak() {
      End other = peer;
      if (other == null) {
        return;
      }
      Way there = way(machine, other.machine);
      Way back = way(other.machine, machine);
      long roundTrip = there.delayUs() + back.delayUs();
      world.after(
          roundTrip,
          () -> {
            if (there.cuts == 0
                && back.cuts == 0
                && listeners.get(other.machine).reachable() != Reachable.SILENT) {
              end();
            }
          });
    }

    private void arrived(Object message) {
      if (open && handler != null) {
        handler.received(message);
      }
    }

    private void end() {
      if (open) {
        open = false;
        if (handler != null) {
          handler.closed();
        }
      }
    }
  }

  private static final Object END = new Object();

  private final World world;
  private final List<Listener> listeners = new ArrayList<>();
  private final Way[][] ways;
  private final List<End> ends = new ArrayList<>();
  private final SplittableRandom random;

  /**
   * @param machines how many there are
   * @param leastDelayUs about the least time that anything takes from one to another
   */
  Network(World world, Randoms randoms, int machines, long leastDelayUs) {
    this.world = world;
    this.random = randoms.of(Purpose.LINK, -1);
    this.ways = new Way[machines][machines];
    for (int from = 0; from < machines; from++) {
      for (int to = 0; to < machines; to++) {
        SplittableRandom own = randoms.of(Purpose.LINK, from * 1000L + to);
        ways[from][to] = new Way(own, leastDelayUs + own.nextLong(leastDelayUs + 1));
      }
    }
  }

  /** The next machine, with who listens there. */
  int add(Listener listener) {
    listeners.add(listener);
    return listeners.size() - 1;
  }

  private Way way(int from, int to) {
    return ways[from][to];
  }

  boolean isCut(int from, int to) {
    return ways[from][to].cuts > 0;
  }

  // --- connections

  /** Tries to connect; {@code result} is told, on success with the near end. */
  void connect(int from, int to, Object port, Connected result) {
    Way there = way(from, to);
    Way back = way(to, from);
    long arrival = there.delayUs();
    world.after(
        arrival,
        () -> {
          Reachable reachable =
              there.cuts > 0 || back.cuts > 0 ? Reachable.SILENT : listeners.get(to).reachable();
          switch (reachable) {
            case SILENT -> world.after(CONNECT_TIMEOUT_US - arrival, () -> result.connected(null));
            case REFUSED -> world.after(back.delayUs(), () -> result.connected(null));
            case YES -> establish(from, to, port, result);
          }
        });
  }

  private void establish(int from, int to, Object port, Connected result) {
    End near = new End(from);
    End far = new End(to);
    near.peer = far;
    far.peer = near;
    near.out = new Pipe(way(from, to), far);
    far.out = new Pipe(way(to, from), near);
    Pipe back = far.out;
    // What is said at once may not overtake the news that the connection is there.
    long established = world.nowUs() + back.way.delayUs();
    back.lastArrivalUs = established;
    ends.removeIf(end -> !end.open && (end.peer == null || !end.peer.open));
    ends.add(near);
    far.handler = listeners.get(to).accepted(far, port);
    world.at(
        established,
        () -> {
          near.handler = result.connected(near);
          if (near.handler == null) {
            near.close();
          }
        });
  }

  // --- faults

  void cut(int from, int to) {
    ways[from][to].cuts++;
  }

  /** What was held up goes on after a while: senders try again in growing intervals. */
  void heal(int from, int to) {
    Way way = ways[from][to];
    way.cuts = Math.max(0, way.cuts - 1);
    if (way.cuts == 0) {
      List<Pipe> pipes = List.copyOf(way.stalled);
      way.stalled.clear();
      for (Pipe pipe : pipes) {
        if (!pipe.scheduled) {
          pipe.scheduled = true;
          world.after(way.random.nextLong(World.SECOND), pipe::arrive);
        }
      }
    }
  }

  /** Makes a way narrow. */
  void slow(int from, int to, long bytesPerSecond) {
    Way way = ways[from][to];
    way.slow++;
    way.bandwidth = bytesPerSecond;
  }

  void unslow(int from, int to) {
    Way way = ways[from][to];
    way.slow = Math.max(0, way.slow - 1);
    if (way.slow == 0) {
      way.bandwidth = 0;
    }
  }

  /**
   * Breaks all connections between two machines. Each side learns of it at a time of its own, or
   * only when it next sends something.
   */
  void breakConnections(int a, int b) {
    for (End near : List.copyOf(ends)) {
      End far = near.peer;
      if (far != null && connects(near, a, b)) {
        near.kill();
        for (End end : List.of(near, far)) {
          if (end.open) {
            end.broken = true;
            if (random.nextInt(3) > 0) {
              world.after(random.nextLong(200 * World.MS), end::end);
            }
          }
        }
      }
    }
  }

  private static boolean connects(End near, int a, int b) {
    End far = near.peer;
    return far != null
        && (near.machine == a && far.machine == b || near.machine == b && far.machine == a);
  }

  /** Everything works again as it should. */
  void healAll() {
    for (int from = 0; from < ways.length; from++) {
      for (int to = 0; to < ways.length; to++) {
        Way way = ways[from][to];
        way.bandwidth = 0;
        way.slow = 0;
        if (way.cuts > 0) {
          way.cuts = 1;
          heal(from, to);
        }
      }
    }
  }
}
