package conclave.failover;

import java.util.Map;

/**
 * One of the nodes between which fails over.
 *
 * @param address where its service is
 * @param controller where its controller listens, as {@code host:port}
 * @param priority the greater, the rather it is active
 * @param vars what hooks and fencing are told about it besides
 */
public record NodeConfig(
    String name, String address, String controller, int priority, Map<String, String> vars) {
  public NodeConfig {
    vars = Map.copyOf(vars);
  }

  Identity identity() {
    return new Identity(name, address, controller);
  }
}
