package conclave.failover;

/** What is known of the service's health; the states of Hadoop's HealthMonitor. */
public enum HealthState {
  /** Not enough checks yet to say anything. */
  INITIALIZING,
  /** It answers, and says that it is well. */
  SERVICE_HEALTHY,
  /** It answers, and says that it is not well. */
  SERVICE_UNHEALTHY,
  /** It doesn't answer. */
  SERVICE_NOT_RESPONDING,
  /** The check itself can't be made, as when its command doesn't exist. */
  HEALTH_MONITOR_FAILED
}
