package conclave.failover;

/** What a controller asks of its service. */
public enum Transition {
  BECOME_ACTIVE("becomeActive"),
  BECOME_STANDBY("becomeStandby"),
  /** Stay standby, for another active than before. */
  FOLLOW("follow");

  private final String key;

  Transition(String key) {
    this.key = key;
  }

  /** Its name in configurations, environments and logs. */
  public String key() {
    return key;
  }
}
