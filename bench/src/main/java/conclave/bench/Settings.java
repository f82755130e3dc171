package conclave.bench;

import java.time.Duration;

/**
 * How long and how much.
 *
 * @param warmUp load before each measured stretch, in which the JIT compiles
 * @param createLimit creates per stretch, which bounds the tree whatever the server's speed
 * @param znodes size of the tree for heap and restart
 * @param restarts restarts per round
 * @param notificationRounds sets of the watched znode
 */
record Settings(
    Duration warmUp,
    Duration measured,
    long createLimit,
    int znodes,
    int restarts,
    int watchers,
    int notificationRounds,
    int idleSessions,
    Duration idle,
    Duration soak) {

  static Settings full() {
    return new Settings(
        Duration.ofSeconds(8),
        Duration.ofSeconds(10),
        600_000,
        1_000_000,
        3,
        1_000,
        500,
        10_000,
        Duration.ofSeconds(20),
        Duration.ofMinutes(5));
  }

  static Settings quick() {
    return new Settings(
        Duration.ofSeconds(3),
        Duration.ofSeconds(3),
        200_000,
        100_000,
        1,
        1_000,
        150,
        2_000,
        Duration.ofSeconds(8),
        Duration.ofSeconds(30));
  }
}
