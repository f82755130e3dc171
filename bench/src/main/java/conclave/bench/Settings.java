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
 * @param failovers leaders that are killed per round
 * @param settle between a killed member's return and the next kill
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
    Duration soak,
    int failovers,
    Duration settle) {

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
        Duration.ofMinutes(5),
        10,
        Duration.ofSeconds(2));
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
        Duration.ofSeconds(30),
        2,
        Duration.ofMillis(500));
  }
}
