package conclave.cli.coordination;

import conclave.recipes.Held;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Ends the command before anybody else can get what it runs under: SIGTERM while there is still
 * time for it to finish, SIGKILL before the session can have expired by this machine's clock.
 */
final class Watchdog {
  private final Held held;
  private final Child child;
  private final OnLoss onLoss;
  private final Duration grace;
  private final Duration margin;
  private final Consumer<String> say;
  private volatile boolean barked;
  private volatile boolean over;

  /**
   * @param grace what the command is given between SIGTERM and SIGKILL
   * @param margin how long before the end of the session SIGKILL is sent
   */
  Watchdog(
      Held held,
      Child child,
      OnLoss onLoss,
      Duration grace,
      Duration margin,
      Consumer<String> say) {
    this.held = held;
    this.child = child;
    this.onLoss = onLoss;
    this.grace = grace;
    this.margin = margin;
    this.say = say;
  }

  void start() {
    Thread thread = new Thread(this::run, "watchdog");
    thread.setDaemon(true);
    thread.start();
    held.lost().thenRun(thread::interrupt);
  }

  void stop() {
    over = true;
  }

  /** Whether the command was, or would have been, told to end. */
  boolean hasBarked() {
    return barked;
  }

  private void run() {
    Duration termAt = onLoss == OnLoss.ignore ? Duration.ZERO : grace.plus(margin);
    waitUntilCertainForNoMoreThan(termAt);
    if (over || !child.isAlive()) {
      return;
    }
    barked = true;
    if (onLoss == OnLoss.ignore) {
      say.accept("the session is lost; the command goes on");
      return;
    }
    if (onLoss == OnLoss.term) {
      say.accept("the session is about to be lost; SIGTERM is sent to the command");
      child.terminate();
      return;
    }
    if (held.certainFor().compareTo(margin) > 0) {
      say.accept("the session is about to be lost; SIGTERM is sent to the command");
      child.terminate();
      waitUntilCertainForNoMoreThan(margin);
    }
    // With a new connection meanwhile there is no hurry, but the command was told to end.
    if (child.isAlive() && !over) {
      say.accept("the session is lost; SIGKILL is sent to the command");
      child.kill();
    }
  }

  /**
   * Certainty runs out with the clock, so that nothing is missed by sleeping as long as it lasts.
   */
  private void waitUntilCertainForNoMoreThan(Duration least) {
    while (!over && child.isAlive()) {
      Duration left = held.certainFor().minus(least);
      if (left.isNegative() || left.isZero() || held.lost().isDone()) {
        return;
      }
      try {
        child.await(Math.max(1, Math.min(left.toMillis(), 1_000)));
      } catch (InterruptedException e) {
        // It is lost, which the next look shows.
        Thread.onSpinWait();
      }
    }
  }
}
