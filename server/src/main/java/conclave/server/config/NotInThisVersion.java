package conclave.server.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Settings that are understood, but ask for what this version does not do. An operator who relies
 * on one of them has to be told, not left to find out.
 */
final class NotInThisVersion {

  private NotInThisVersion() {}

  static List<String> warnings(ServerConfig config) {
    List<String> warnings = new ArrayList<>();
    ServerConfig.Features features = config.features();
    add(
        warnings,
        features.emulate353TtlNodes(),
        "emulate353TTLNodes: TTL znodes have the form that they have since ZooKeeper 3.5.4");
    ServerConfig.Ensemble ensemble = config.ensemble();
    add(
        warnings,
        ensemble.reconfigEnabled(),
        "reconfigEnabled: the servers of an ensemble are those of its files until all have restarted");
    add(
        warnings,
        config.ports().observerMasterPort() > 0,
        "observerMasterPort: observers follow the leader itself");
    add(warnings, ensemble.oraclePath() != null, "oraclePath: of two servers none goes on alone");
    return List.copyOf(warnings);
  }

  private static void add(List<String> warnings, boolean asked, String text) {
    if (asked) {
      warnings.add("not in this version: " + text);
    }
  }
}
