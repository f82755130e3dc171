package conclave.consensus;

/**
 * How long an election waits for what.
 *
 * @param finalizeWaitMs for a better vote, when there are enough for one already
 * @param minNotificationIntervalMs before a vote is sent again for the first time; then it doubles
 * @param maxNotificationIntervalMs the longest that it gets
 */
public record ElectionSettings(
    int finalizeWaitMs, int minNotificationIntervalMs, int maxNotificationIntervalMs) {

  /** Apache's. */
  public static final ElectionSettings DEFAULT = new ElectionSettings(200, 200, 60_000);

  public ElectionSettings {
    if (finalizeWaitMs < 0
        || minNotificationIntervalMs < 1
        || maxNotificationIntervalMs < minNotificationIntervalMs) {
      throw new IllegalArgumentException(
          "finalizeWaitMs="
              + finalizeWaitMs
              + " minNotificationIntervalMs="
              + minNotificationIntervalMs
              + " maxNotificationIntervalMs="
              + maxNotificationIntervalMs);
    }
  }
}
