package conclave.failover;

import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How all nodes of a configuration are, asked one by one. */
public record ClusterStatus(List<Row> rows) {
  public ClusterStatus {
    rows = List.copyOf(rows);
  }

  /**
   * One of status and problem is there.
   *
   * @param problem why its controller can't be asked
   */
  public record Row(NodeConfig node, @Nullable NodeStatus status, @Nullable String problem) {}

  public static ClusterStatus ask(FailoverConfig config) throws InterruptedException {
    ControlClient client = new ControlClient(ControlClient.newHttpClient(), config.secret());
    List<Row> rows = new ArrayList<>();
    for (NodeConfig node : config.nodes()) {
      try {
        rows.add(new Row(node, client.status(node.controller()), null));
      } catch (ControlException e) {
        rows.add(new Row(node, null, String.valueOf(e.getMessage())));
      }
    }
    return new ClusterStatus(rows);
  }

  /** All that they say, as a JSON array. */
  public String json() {
    List<Object> all = new ArrayList<>();
    for (Row row : rows) {
      NodeStatus status = row.status();
      all.add(
          status == null
              ? Json.object("node", row.node().name(), "problem", row.problem())
              : status.toMap());
    }
    return Json.line(all);
  }

  /** How many nodes say that they are active; more than one is a moment between two looks. */
  public long actives() {
    return rows.stream()
        .filter(row -> row.status() != null && row.status().elector() == ElectorState.ACTIVE)
        .count();
  }
}
