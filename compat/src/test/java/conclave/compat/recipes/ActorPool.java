package conclave.compat.recipes;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Processes for actors: those that have ended what they did are used again, and some are begun
 * before they are wanted, while a test waits for something else anyway.
 */
final class ActorPool implements AutoCloseable {
  private static final int SPARE = 2;
  private static final int MOST_IDLE = 6;
  private static final int END_WITHIN_MS = 1_000;

  private final Deque<ActorProcess> idle = new ArrayDeque<>();
  private final Set<ActorProcess> running = new HashSet<>();

  ActorPool() {
    fill();
  }

  ActorProcess run(Class<?> main, int sessionMs, String... arguments) {
    ActorProcess process = idle.isEmpty() ? ActorProcess.start() : idle.pop();
    process.run(main, sessionMs, arguments);
    running.add(process);
    fill();
    return process;
  }

  /** Ends what it does, or itself if that is of no avail; does nothing when that was done. */
  void giveBack(ActorProcess process) throws InterruptedException {
    if (!running.remove(process)) {
      return;
    }
    if (idle.size() < MOST_IDLE && process.endsWithin(END_WITHIN_MS)) {
      idle.push(process);
    } else {
      process.kill();
    }
  }

  private void fill() {
    while (idle.size() < SPARE) {
      idle.addLast(ActorProcess.start());
    }
  }

  @Override
  public void close() {
    idle.forEach(ActorProcess::close);
    running.forEach(ActorProcess::close);
  }
}
