package conclave.simulator;

/**
 * Something that goes wrong. All there is to know of it is in it, so that a run is a seed and a
 * list of these. Members are numbered from 0.
 */
public sealed interface Fault {

  /** How a process ends. */
  enum Death {
    /** The process alone: the disk keeps all that it was told. */
    KILL,
    /** The machine: the disk keeps what was forced and some of the rest. */
    POWER_CUT
  }

  /**
   * A process ends at its n-th effect from now on: in the middle of whatever it is doing.
   *
   * @param effects how many calls to its surroundings it still makes
   * @param downMs how long until it is started again
   */
  record Crash(int member, Death death, int effects, long downMs) implements Fault {}

  /** The same for all members at once: the power of the whole room. */
  record Blackout(Death death, long downMs) implements Fault {}

  /** A process gets no processor for a while (SIGSTOP, or a long collection of garbage). */
  record Pause(int member, long forMs) implements Fault {}

  /** What one machine sends to another does not arrive. */
  record OneWay(int from, int to, long forMs) implements Fault {}

  /** Two groups of members don't reach each other; bit i of the mask is member i's group. */
  record Partition(int mask, long forMs) implements Fault {}

  /** All connections between two members break. */
  record Break(int a, int b) implements Fault {}

  /** A narrow way. */
  record Slow(int from, int to, int bytesPerSecond, long forMs) implements Fault {}

  /** A client's machine reaches no member, or only some; bit i of the mask: not member i. */
  record ClientCut(int client, int mask, long forMs) implements Fault {}

  /** The connections of one client break. */
  record ClientBreak(int client) implements Fault {}

  /**
   * A guest's process ends, and another one is started.
   *
   * @param silently whether its machine goes with it, so that nobody is told
   */
  record GuestKill(int guest, boolean silently, long downMs) implements Fault {}

  /** A guest's process gets no processor for a while. */
  record GuestPause(int guest, long forMs) implements Fault {}

  /** A guest's machine reaches no member, or only some; bit i of the mask: not member i. */
  record GuestCut(int guest, int mask, long forMs) implements Fault {}

  /** The connections of a guest break. */
  record GuestBreak(int guest) implements Fault {}

  /** Forcing the disk takes long. */
  record SlowDisk(int member, int syncMs, long forMs) implements Fault {}

  /** The disk has no room. */
  record FullDisk(int member, long forMs) implements Fault {}

  /** The n-th write, force or other call from now on fails. */
  record DiskError(int member, int calls) implements Fault {}

  /** The process ends at the n-th change of its disk from now on. */
  record DiskCrash(int member, int calls, boolean after, long downMs) implements Fault {}

  /**
   * A byte of a member's files is changed while it is down. Only one member may be damaged at a
   * time; another one's damage is left out.
   */
  record Rot(int member, long place, int mask, long downMs) implements Fault {}

  /** A machine's calendar is set to another time. */
  record ClockJump(int member, long byMs) implements Fault {}

  /** A snapshot is taken now. */
  record Snapshot(int member) implements Fault {}

  /**
   * @param atMs when, in milliseconds since the world began
   */
  record Timed(long atMs, Fault fault) {}
}
