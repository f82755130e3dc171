package conclave.replica;

import conclave.consensus.Following;
import conclave.consensus.Leading;
import conclave.protocol.QuorumFeatures;

/** What the two sides of a link are told of the configuration. */
final class Settings {
  /**
   * The name under which a member without a vote introduces itself: negative ones belong to nobody
   * and are counted nowhere, by Apache's leaders too.
   */
  private static final long NAMELESS = -1_000;

  private Settings() {}

  static Leading.Settings leading(ReplicaConfig config, ReplicaConfig.Ensemble ensemble) {
    return new Leading.Settings(
        ensemble.sid(),
        config.tickTimeMs(),
        ensemble.initLimitTicks(),
        ensemble.syncLimitTicks(),
        ensemble.membership().version(),
        ensemble.membership().text(),
        QuorumFeatures.CUMULATIVE,
        ensemble.lastCounter());
  }

  static Following.Settings following(
      ReplicaConfig config, ReplicaConfig.Ensemble ensemble, long leader, boolean incomplete) {
    return new Following.Settings(
        incomplete ? NAMELESS - ensemble.sid() : ensemble.sid(),
        leader,
        ensemble.observer() || incomplete,
        config.tickTimeMs(),
        ensemble.initLimitTicks(),
        ensemble.syncLimitTicks(),
        ensemble.membership().version(),
        QuorumFeatures.CUMULATIVE);
  }
}
