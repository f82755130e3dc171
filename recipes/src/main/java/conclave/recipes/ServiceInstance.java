package conclave.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import conclave.recipes.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One provider of a service, as it stands in its znode: JSON as Curator's service discovery writes
 * and reads it. Weight and metadata are Curator's payload, a map of strings. A consumer with
 * Curator reads it with {@code Map} or {@code Object} as the class of payloads, or with any class,
 * {@code Void} too, where there is no metadata and the weight is 1: then there is no payload.
 *
 * @param service the name of the service
 * @param id tells it from others of the same service
 * @param port 0 for none
 * @param weight how much of the work it wants, compared to others; at least 0
 * @param enabled whether it is to be given any work at present
 */
public record ServiceInstance(
    String service,
    String id,
    String address,
    int port,
    int weight,
    Map<String, String> metadata,
    long registeredMs,
    boolean enabled) {
  private static final String WEIGHT = "weight";
  private static final int USUAL_WEIGHT = 1;

  /** Curator's serializer has Jackson note the class of a payload in this member. */
  private static final String PAYLOAD_CLASS = "@class";

  public ServiceInstance {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port=" + port + ", but 0 to 65535 is possible");
    }
    if (weight < 0) {
      throw new IllegalArgumentException("weight=" + weight + ", but 0 is the least");
    }
    if (metadata.containsKey(WEIGHT)) {
      throw new IllegalArgumentException("the weight has a place of its own, not in metadata");
    }
    metadata = Map.copyOf(metadata);
  }

  /** One of weight 1, with a random id and no metadata. */
  public static ServiceInstance of(String service, String address, int port) {
    return new ServiceInstance(
        service,
        UUID.randomUUID().toString(),
        address,
        port,
        USUAL_WEIGHT,
        Map.of(),
        System.currentTimeMillis(),
        true);
  }

  public ServiceInstance withId(String its) {
    return new ServiceInstance(
        service, its, address, port, weight, metadata, registeredMs, enabled);
  }

  public ServiceInstance withWeight(int its) {
    return new ServiceInstance(service, id, address, port, its, metadata, registeredMs, enabled);
  }

  public ServiceInstance withMetadata(Map<String, String> its) {
    return new ServiceInstance(service, id, address, port, weight, its, registeredMs, enabled);
  }

  public ServiceInstance withEnabled(boolean its) {
    return new ServiceInstance(service, id, address, port, weight, metadata, registeredMs, its);
  }

  byte[] toJson() {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("name", service);
    all.put("id", id);
    all.put("address", address);
    all.put("port", port == 0 ? null : port);
    all.put("sslPort", null);
    all.put("payload", metadata.isEmpty() && weight == USUAL_WEIGHT ? null : payload());
    all.put("registrationTimeUTC", registeredMs);
    // In Curator's words: an ephemeral znode.
    all.put("serviceType", "DYNAMIC");
    all.put("uriSpec", null);
    all.put("enabled", enabled);
    return Json.line(all).getBytes(UTF_8);
  }

  private Map<String, @Nullable Object> payload() {
    Map<String, @Nullable Object> payload = new LinkedHashMap<>();
    payload.put(PAYLOAD_CLASS, "java.util.LinkedHashMap");
    payload.put(WEIGHT, Integer.toString(weight));
    payload.putAll(new TreeMap<>(metadata));
    return payload;
  }

  /**
   * Whatever Curator's users may have put there; an IllegalArgumentException when it isn't that.
   */
  static ServiceInstance fromJson(byte[] json) {
    Map<String, @Nullable Object> all = Json.parseObject(new String(json, UTF_8));
    Map<String, String> metadata = metadataOf(all.get("payload"));
    String weight = metadata.remove(WEIGHT);
    return new ServiceInstance(
        text(all, "name"),
        text(all, "id"),
        all.get("address") == null ? "" : text(all, "address"),
        all.get("port") instanceof Number port ? port.intValue() : 0,
        weight != null && weight.matches("\\d{1,9}") ? Integer.parseInt(weight) : USUAL_WEIGHT,
        metadata,
        all.get("registrationTimeUTC") instanceof Number ms ? ms.longValue() : 0,
        !Boolean.FALSE.equals(all.get("enabled")));
  }

  private static Map<String, String> metadataOf(@Nullable Object payload) {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (payload instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) ->
              metadata.put(
                  String.valueOf(key), value instanceof String text ? text : Json.line(value)));
      metadata.remove(PAYLOAD_CLASS);
    } else if (payload != null) {
      metadata.put("payload", payload instanceof String text ? text : Json.line(payload));
    }
    return metadata;
  }

  private static String text(Map<String, @Nullable Object> all, String name) {
    if (all.get(name) instanceof String value) {
      return value;
    }
    throw new IllegalArgumentException("no " + name + " in " + all.keySet());
  }
}
