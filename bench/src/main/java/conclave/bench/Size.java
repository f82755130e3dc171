package conclave.bench;

import java.time.Duration;

/** How many servers of a kind are measured together. */
enum Size {
  ONE(1),
  THREE(3);

  private final int servers;

  Size(int servers) {
    this.servers = servers;
  }

  /** Every server compiles for itself, on the same cores. */
  Duration warmUp(Settings settings) {
    return settings.warmUp().multipliedBy(servers);
  }
}
