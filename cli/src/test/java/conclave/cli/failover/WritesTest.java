package conclave.cli.failover;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The judge of the Redis test has to be able to find somebody guilty. */
class WritesTest {
  private final Writes writes = new Writes();
  private long token;

  @Test
  void oneAfterTheOtherIsRight() {
    accept("a", "1", 0, 10);
    accept("a", "1", 20, 30);
    accept("b", "2", 40, 50);
    accept("b", "2", 60, 70);
    assertThat(writes.overlaps()).isEmpty();
    assertThat(writes.firstOfAnother("1", 0).token()).isEqualTo(3);
    assertThat(writes.firstOfAnother("2", 60)).isNull();
  }

  @Test
  void backAndForthIsRightWhenEachComesAnew() {
    accept("a", "1", 0, 10);
    accept("b", "2", 20, 30);
    accept("a", "3", 40, 50);
    assertThat(writes.overlaps()).isEmpty();
  }

  @Test
  void writesOnTheWayAtTheSameTimeProveNothing() {
    accept("a", "1", 0, 100);
    accept("b", "2", 50, 150);
    assertThat(writes.overlaps()).isEmpty();
  }

  @Test
  void aReignThatGoesOnWhileAnotherHasBegunIsWrong() {
    accept("a", "1", 0, 10);
    accept("b", "2", 20, 30);
    accept("a", "1", 40, 50);
    accept("b", "2", 60, 70);
    assertThat(writes.overlaps()).hasSize(1);
    assertThat(writes.overlaps().get(0)).contains("a").contains("b").contains("for at least");
  }

  @Test
  void oneWriteInTheMiddleIsEnough() {
    accept("a", "1", 0, 10);
    accept("b", "2", 20, 30);
    accept("a", "1", 40, 50);
    // Had b been active at 25 only: then a was no more, and can't be later.
    assertThat(writes.overlaps()).hasSize(1);
  }

  private void accept(String server, String reign, long beganNanos, long endedNanos) {
    writes.add(new Writes.Accepted(++token, server, reign, beganNanos, endedNanos, false));
  }
}
