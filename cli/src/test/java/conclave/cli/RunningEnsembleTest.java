package conclave.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real processes: two, the least that elect somebody. */
class RunningEnsembleTest {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final LinkedBlockingQueue<String> orders = new LinkedBlockingQueue<>();

  @Test
  void tellsWhoLeadsAndWhoDied(@TempDir Path directory) throws Exception {
    EnsembleLayout layout = EnsembleLayout.open(directory, new EnsembleLayout.Wish(2, null, null));
    RunningEnsemble running =
        new RunningEnsemble(layout, orders, new PrintStream(out, true, StandardCharsets.UTF_8));
    Thread thread =
        new Thread(
            () -> {
              try {
                running.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      running.start();
      assertThat(text()).contains("ROLE", "leader", "follower", layout.connectString());
      assertThat(text()).containsPattern("Server [12] leads, epoch 1; following: [12]\\.");
      thread.start();

      orders.add("kill 1");
      await("Server 1 was killed by signal 9; type \"start 1\"");
      await("No leader; not serving: 2; down: 1.");

      orders.add("nonsense");
      await("Type status, kill N");

      orders.add("start 1");
      await("epoch 2; following: ");

      orders.add(RunningEnsemble.QUIT);
      thread.join(TimeUnit.NANOSECONDS.toMillis(LIMIT_NANOS));
      assertThat(thread.isAlive()).isFalse();
    } finally {
      running.stopAll();
    }
    assertThat(text()).contains("Stopped.");
    assertThat(layout.members()).allSatisfy(member -> assertThat(member.pidFile()).doesNotExist());
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private void await(String part) {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!text().contains(part)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never said \"" + part + "\" but:\n" + text());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
