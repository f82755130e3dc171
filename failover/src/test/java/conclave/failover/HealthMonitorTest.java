package conclave.failover;

import static conclave.failover.HealthState.HEALTH_MONITOR_FAILED;
import static conclave.failover.HealthState.INITIALIZING;
import static conclave.failover.HealthState.SERVICE_HEALTHY;
import static conclave.failover.HealthState.SERVICE_NOT_RESPONDING;
import static conclave.failover.HealthState.SERVICE_UNHEALTHY;
import static org.assertj.core.api.Assertions.assertThat;

import conclave.failover.Probe.Result;
import org.junit.jupiter.api.Test;

class HealthMonitorTest {
  private final HealthMonitor monitor = new HealthMonitor(2, 3);

  @Test
  void takesItsTimeInBothDirections() {
    assertThat(monitor.on(Result.WELL)).isEqualTo(INITIALIZING);
    assertThat(monitor.on(Result.WELL)).isEqualTo(SERVICE_HEALTHY);
    assertThat(monitor.on(Result.SILENT)).isEqualTo(SERVICE_HEALTHY);
    assertThat(monitor.on(Result.ILL)).isEqualTo(SERVICE_HEALTHY);
    assertThat(monitor.on(Result.SILENT)).isEqualTo(SERVICE_NOT_RESPONDING);
    assertThat(monitor.on(Result.WELL)).isEqualTo(SERVICE_NOT_RESPONDING);
    assertThat(monitor.on(Result.WELL)).isEqualTo(SERVICE_HEALTHY);
  }

  @Test
  void oneGoodCheckBetweenBadOnesEndsTheRow() {
    monitor.on(Result.WELL);
    monitor.on(Result.WELL);
    for (int i = 0; i < 10; i++) {
      monitor.on(Result.ILL);
      monitor.on(Result.ILL);
      assertThat(monitor.on(Result.WELL)).isEqualTo(SERVICE_HEALTHY);
    }
  }

  @Test
  void tellsAtOnceHowItIsIll() {
    for (int i = 0; i < 3; i++) {
      monitor.on(Result.ILL);
    }
    assertThat(monitor.on(Result.ILL)).isEqualTo(SERVICE_UNHEALTHY);
    assertThat(monitor.on(Result.SILENT)).isEqualTo(SERVICE_NOT_RESPONDING);
    assertThat(monitor.on(Result.IMPOSSIBLE)).isEqualTo(HEALTH_MONITOR_FAILED);
    assertThat(monitor.on(Result.ILL)).isEqualTo(SERVICE_UNHEALTHY);
  }

  @Test
  void aServiceThatNeverWasWellIsIllAfterThreeChecks() {
    assertThat(monitor.on(Result.SILENT)).isEqualTo(INITIALIZING);
    assertThat(monitor.on(Result.SILENT)).isEqualTo(INITIALIZING);
    assertThat(monitor.on(Result.SILENT)).isEqualTo(SERVICE_NOT_RESPONDING);
  }
}
