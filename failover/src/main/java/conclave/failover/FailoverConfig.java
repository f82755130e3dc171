package conclave.failover;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a controller goes by; {@link ConfigFile} reads it.
 *
 * @param file where it was read from
 * @param ensemble the servers to connect to, with a chroot perhaps
 * @param parent the znode under which lock and breadcrumb are
 * @param self which of the nodes this controller belongs to
 * @param secret what controllers prove by that they may ask each other; empty for nothing
 */
public record FailoverConfig(
    Path file,
    String ensemble,
    String parent,
    Session session,
    NodeConfig self,
    List<NodeConfig> nodes,
    Health health,
    Map<Transition, Call> hooks,
    List<FencingMethod> fencing,
    Election election,
    String secret) {
  public FailoverConfig {
    nodes = List.copyOf(nodes);
    hooks = Map.copyOf(hooks);
    fencing = List.copyOf(fencing);
  }

  /**
   * @param demoteAheadMs how long before the session can end the service is made standby; 0 for a
   *     sixth of the timeout
   * @param auth credentials as {@code scheme:secret}
   * @param onlyCreator whether the znodes are for those with these credentials only
   */
  record Session(int timeoutMs, long demoteAheadMs, List<String> auth, boolean onlyCreator) {
    Session {
      auth = List.copyOf(auth);
    }
  }

  /**
   * @param reportsRole whether the first word of what the check says is {@code active} or {@code
   *     standby}
   */
  record Health(Call check, long intervalMs, int wellChecks, int illChecks, boolean reportsRole) {}

  /** See {@link MachineOptions}; failBackAfterMs is negative for never. */
  record Election(
      long pauseMs, long cooldownMs, long priorityDelayMs, long failBackAfterMs, long stopMs) {}

  /** Null when there is none of that name. */
  @Nullable NodeConfig find(String name) {
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElse(null);
  }

  FailoverConfig withElection(Election other) {
    return new FailoverConfig(
        file, ensemble, parent, session, self, nodes, health, hooks, fencing, other, secret);
  }

  MachineOptions machineOptions() {
    long before = nodes.stream().filter(node -> node.priority() > self.priority()).count();
    List<String> behind =
        nodes.stream()
            .filter(node -> node.priority() < self.priority())
            .map(NodeConfig::name)
            .toList();
    return new MachineOptions(
        self.identity().data(),
        election.pauseMs(),
        election.cooldownMs(),
        before * election.priorityDelayMs(),
        hooks.containsKey(Transition.FOLLOW),
        election.failBackAfterMs(),
        java.util.Set.copyOf(behind),
        session.demoteAheadMs(),
        election.stopMs());
  }
}
