package conclave.server.loop;

import java.util.function.BooleanSupplier;

/**
 * What the replica's thread does when it has no input: it sleeps, or it looks after the connections
 * between the members meanwhile.
 */
public interface Waiting {

  /** Just sleeps. */
  static Waiting asleep() {
    return new Parker();
  }

  /** Called once, on the thread that waits, before anything else. */
  void begin();

  /** Between two batches: does what can be done at once. */
  void look();

  /** Waits until there is work, for at most {@code nanos}. */
  void park(BooleanSupplier hasWork, long nanos);

  /** Any thread: work was put down. */
  void wake();

  /** The thread has nothing else to do any more; returns when it may end. */
  void end();
}
