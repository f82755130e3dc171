package conclave.failover;

/**
 * Makes a state out of checks, with thresholds: one lost packet is no failover, one good answer
 * between two bad ones no recovery.
 */
final class HealthMonitor {
  private final int wellChecks;
  private final int illChecks;
  private HealthState state = HealthState.INITIALIZING;
  private int well;
  private int ill;

  /**
   * @param wellChecks how many good ones in a row make it healthy
   * @param illChecks how many bad ones in a row end that
   */
  HealthMonitor(int wellChecks, int illChecks) {
    this.wellChecks = wellChecks;
    this.illChecks = illChecks;
  }

  HealthState on(Probe.Result result) {
    if (result == Probe.Result.WELL) {
      ill = 0;
      if (++well >= wellChecks) {
        state = HealthState.SERVICE_HEALTHY;
      }
      return state;
    }
    well = 0;
    boolean bad = state != HealthState.SERVICE_HEALTHY && state != HealthState.INITIALIZING;
    if (++ill >= illChecks || bad) {
      state = stateOf(result);
    }
    return state;
  }

  private static HealthState stateOf(Probe.Result result) {
    return switch (result) {
      case ILL -> HealthState.SERVICE_UNHEALTHY;
      case SILENT -> HealthState.SERVICE_NOT_RESPONDING;
      case IMPOSSIBLE -> HealthState.HEALTH_MONITOR_FAILED;
      case WELL -> throw new IllegalArgumentException("result=" + result);
    };
  }
}
