package conclave.failover;

import conclave.recipes.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a node is, as its controller tells it.
 *
 * @param active the name of the node that holds the lock; empty when nobody does or it isn't known
 * @param token the czxid of the lock, if this node holds it; else 0
 * @param doing what it is busy with; empty for nothing
 * @param history what happened, the latest last
 */
public record NodeStatus(
    String node,
    String address,
    ElectorState elector,
    ServiceState service,
    HealthState health,
    String healthDetail,
    String active,
    long token,
    String doing,
    List<Happened> history) {
  public NodeStatus {
    history = List.copyOf(history);
  }

  /**
   * @param at when, as ISO 8601 has it
   */
  public record Happened(String at, String kind, String text) {}

  String toJson() {
    return Json.line(toMap()) + "\n";
  }

  Map<String, Object> toMap() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("node", node);
    all.put("address", address);
    all.put("elector", elector.name());
    all.put("service", service.name());
    all.put("health", health.name());
    all.put("healthDetail", healthDetail);
    all.put("active", active);
    all.put("token", token);
    all.put("doing", doing);
    List<Object> events = new ArrayList<>();
    for (Happened one : history) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("at", one.at());
      event.put("kind", one.kind());
      event.put("text", one.text());
      events.add(event);
    }
    all.put("history", events);
    return all;
  }

  /**
   * Reads what {@link #toJson} has written.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static NodeStatus parse(String json) {
    Map<String, @Nullable Object> all = Json.parseObject(json);
    List<Happened> events = new ArrayList<>();
    if (all.get("history") instanceof List<?> list) {
      for (Object one : list) {
        if (one instanceof Map<?, ?> event) {
          events.add(new Happened(text(event, "at"), text(event, "kind"), text(event, "text")));
        }
      }
    }
    return new NodeStatus(
        text(all, "node"),
        text(all, "address"),
        ElectorState.valueOf(text(all, "elector")),
        ServiceState.valueOf(text(all, "service")),
        HealthState.valueOf(text(all, "health")),
        text(all, "healthDetail"),
        text(all, "active"),
        Long.parseLong(text(all, "token")),
        text(all, "doing"),
        events);
  }

  private static String text(Map<?, ?> map, String key) {
    Object value = map.get(key);
    return value == null ? "" : String.valueOf(value);
  }
}
