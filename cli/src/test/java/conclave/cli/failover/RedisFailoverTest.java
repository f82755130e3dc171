package conclave.cli.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two Redis servers under two controllers and an ensemble of three, all of them processes, and
 * everything done to them that a machine room has to offer. A client writes tokens into whichever
 * server takes them, all along.
 */
class RedisFailoverTest {
  @TempDir Path directory;

  @Test
  @Timeout(300)
  void neverTwoActives() throws Exception {
    rounds(1);
  }

  /** {@code -Dexcluded.tests=} runs it; the times in docs/failover.md are its. */
  @Test
  @Tag("slow")
  @Timeout(1_800)
  void neverTwoActivesTenTimesInARow() throws Exception {
    rounds(10);
  }

  private void rounds(int count) throws Exception {
    assumeTrue(
        isThere("redis-server") && isThere("redis-cli"),
        "needs Redis (Debian: apt-get install redis-server)");
    List<String> lines = new ArrayList<>();
    try (RedisPair pair = new RedisPair(directory)) {
      pair.start();
      for (int round = 1; round <= count; round++) {
        for (RedisPair.Fault fault : RedisPair.Fault.values()) {
          lines.add("round %2d  %s".formatted(round, pair.suffer(fault)));
          assertThat(pair.writes().overlaps()).as("active at once, after %s", fault).isEmpty();
        }
      }
      pair.checkWhatWasWritten();
      lines.add(pair.summary());
    } finally {
      System.out.println(String.join("\n", lines));
    }
  }

  private static boolean isThere(String program) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(program, "--version")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
