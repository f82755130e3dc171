package conclave.simulator;

import conclave.simulator.Randoms.Purpose;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Time, and what happens when. Times are microseconds since the world began.
 *
 * <p>What is due at the same time happens in an order that the seed decides. An event may {@link
 * #letPass let time pass} inside of itself: others happen meanwhile, as they do while a thread of a
 * real process is in the middle of something.
 */
final class World {

  static final long MS = 1_000;
  static final long SECOND = 1_000_000;

  /** So many events were wanted, and have happened. */
  static final class Stopped extends Error {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("stopped", null, false, false);
    }
  }

  private final EventQueue queue = new EventQueue();
  private final SplittableRandom ties;
  private final Trace trace;
  private long nowUs;
  private long scheduled;
  private long happened;
  private long most = Long.MAX_VALUE;
  private @Nullable Violation failure;

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

  /** Ends, with {@link Stopped}, behind so many events. */
  void stopAfter(long events) {
    most = events;
  }

  /** Ends, with this, when what happens now is done; for where it can't be thrown at once. */
  void fail(Violation violation) {
    if (failure == null) {
      failure = violation;
    }
  }

  void at(long timeUs, Runnable action) {
    queue.add(Math.max(timeUs, nowUs), ties.nextInt(), scheduled++, action);
  }

  void after(long delayUs, Runnable action) {
    at(nowUs + delayUs, action);
  }

  /** Lets everything happen up to that time. */
  void runUntil(long endUs) {
    while (true) {
      long timeUs = queue.nextUs();
      if (timeUs > endUs) {
        nowUs = Math.max(nowUs, endUs);
        return;
      }
      if (happened == most) {
        throw new Stopped();
      }
      nowUs = timeUs;
      happened++;
      trace.mix(timeUs ^ queue.nextNumber() << 40);
      queue.poll().run();
      Violation broken = failure;
      if (broken != null) {
        throw broken;
      }
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
