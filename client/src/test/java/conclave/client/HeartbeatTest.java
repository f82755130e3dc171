package conclave.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeartbeatTest {
  /** Times around which it overflows, as System.nanoTime may. */
  private static final long START = Long.MAX_VALUE - ms(1_500);

  private static long ms(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }

  /** When a server is pinged and left that falls silent at once, in ms. */
  private static long[] silence(int timeoutMs) {
    Heartbeat heartbeat = new Heartbeat(timeoutMs, START);
    long now = START;
    long pinged = -1;
    while (!heartbeat.isTimeToLeave(now)) {
      if (heartbeat.isTimeToPing(now)) {
        heartbeat.pinged(now);
        pinged = pinged < 0 ? now - START : pinged;
      }
      now += heartbeat.nextLookNanos(now);
    }
    return new long[] {
      TimeUnit.NANOSECONDS.toMillis(pinged), TimeUnit.NANOSECONDS.toMillis(now - START)
    };
  }

  @ParameterizedTest
  @CsvSource({
    "30000, 5000, 10000",
    "12000, 2000, 4000",
    "6000, 1000, 2000",
    "4000, 666, 1666",
    "3000, 500, 1500",
    "1200, 200, 800",
    "300, 50, 200",
    "600000, 10000, 200000"
  })
  void aSilentServerIsPingedAndThenLeft(int timeoutMs, long pingedMs, long leftMs) {
    assertThat(silence(timeoutMs)).containsExactly(pingedMs, leftMs);
  }

  @Test
  void anIdleServerThatAnswersIsKept() {
    Heartbeat heartbeat = new Heartbeat(6_000, START);
    long now = START;
    int pings = 0;
    while (now - START < ms(60_000)) {
      assertThat(heartbeat.isTimeToLeave(now)).isFalse();
      if (heartbeat.isTimeToPing(now)) {
        pings++;
        heartbeat.pinged(now);
        // As long as a pause that has to be forgiven.
        heartbeat.heard(now + ms(999));
        now += ms(999);
      }
      now += heartbeat.nextLookNanos(now);
    }
    assertThat(pings).isBetween(28, 31);
  }

  @Test
  void aClientThatOnlyListensSaysSomethingToo() {
    Heartbeat heartbeat = new Heartbeat(6_000, START);
    long now = START;
    for (; now - START < ms(1_900); now += ms(100)) {
      heartbeat.heard(now);
      assertThat(heartbeat.isTimeToPing(now)).isFalse();
    }
    now = START + ms(2_000);
    heartbeat.heard(now);
    assertThat(heartbeat.isTimeToPing(now)).isTrue();
  }

  @Test
  void repliesThatComeMakePingsNeedless() {
    Heartbeat heartbeat = new Heartbeat(6_000, START);
    for (long now = START; now - START < ms(10_000); now += ms(900)) {
      heartbeat.said(now);
      heartbeat.heard(now);
      assertThat(heartbeat.isTimeToPing(now + ms(899))).isFalse();
    }
  }

  @Test
  void aClientThatStoodStillAsksFirst() {
    Heartbeat heartbeat = new Heartbeat(6_000, START);
    long woken = START + ms(3_500);
    assertThat(heartbeat.isTimeToLeave(woken)).isFalse();
    assertThat(heartbeat.isTimeToPing(woken)).isTrue();
    heartbeat.pinged(woken);
    assertThat(heartbeat.isTimeToLeave(woken + ms(400))).isFalse();
    assertThat(heartbeat.isTimeToLeave(woken + ms(500)))
        .as("after two thirds there is no more time to ask")
        .isTrue();
  }
}
