package conclave.failover;

/** What the controller has made of its service, as far as it knows. */
public enum ServiceState {
  /** Nothing was done yet, or what was done last has failed, or the service was ill meanwhile. */
  UNKNOWN,
  STANDBY,
  ACTIVE
}
