package conclave.simulator;

import conclave.simulator.Randoms.Purpose;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Time, and what happens when. Times are microseconds since the world began.
 *
 * <p>What is due at the same time happens in an order that the seed decides. An event may {@link
 * #letPass let time pass} inside of itself: others happen meanwhile, as they do while a thread of a
 * real process is in the middle of something.
 */
final class World {

  /** Something that is going to happen. */
  private record Event(long timeUs, int tie, long number, Runnable action)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(timeUs, other.timeUs);
      if (byTime != 0) {
        return byTime;
      }
      int byTie = Integer.compare(tie, other.tie);
      return byTie != 0 ? byTie : Long.compare(number, other.number);
    }
  }

  static final long MS = 1_000;
  static final long SECOND = 1_000_000;

  private final PriorityQueue<Event> queue = new PriorityQueue<>();
  private final SplittableRandom ties;
  private final Trace trace;
  private long nowUs;
  private long scheduled;
  private long happened;

  World(Randoms randoms, Trace trace) {
    this.ties = randoms.of(Purpose.TIES, 0);
    this.trace = trace;
  }

  long nowUs() {
    return nowUs;
  }

  /** Events so far. */
  long happened() {
    return happened;
  }

  void at(long timeUs, Runnable action) {
    queue.add(new Event(Math.max(timeUs, nowUs), ties.nextInt(), scheduled++, action));
  }

  void after(long delayUs, Runnable action) {
    at(nowUs + delayUs, action);
  }

  /** Lets everything happen up to that time. */
  void runUntil(long endUs) {
    while (true) {
      Event next = queue.peek();
      if (next == null || next.timeUs > endUs) {
        nowUs = Math.max(nowUs, endUs);
        return;
      }
      queue.poll();
      nowUs = next.timeUs;
      happened++;
      trace.mix(next.timeUs ^ next.number << 40);
      next.action.run();
    }
  }

  /** Called inside of an event: what else is due in the meantime happens first. */
  void letPass(long durationUs) {
    runUntil(nowUs + durationUs);
  }

  Trace trace() {
    return trace;
  }

  void say(Supplier<String> what) {
    trace.say(nowUs, what);
  }
}
