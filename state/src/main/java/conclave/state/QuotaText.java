package conclave.state;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What stands in a quota's two znodes: {@code count=N,bytes=N}, and if there is more {@code
 * =;key=N;key=N} behind it with the keys in order. The odd {@code =} makes servers before 3.5
 * ignore what follows it. &minus;1 is no limit, as is a key that isn't there.
 */
final class QuotaText {
  private static final String COUNT = "count";
  private static final String BYTES = "bytes";

  private final Map<String, Long> values = new TreeMap<>();

  /**
   * Reads leniently: anybody may write these znodes, and a text that makes no sense limits nothing.
   */
  static QuotaText parse(byte @Nullable [] data) {
    QuotaText text = new QuotaText();
    if (data == null) {
      return text;
    }
    for (String pair : new String(data, StandardCharsets.UTF_8).split("[,;]+")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        int end = pair.indexOf('=', equals + 1);
        text.put(
            pair.substring(0, equals), pair.substring(equals + 1, end < 0 ? pair.length() : end));
      }
    }
    return text;
  }

  private void put(String key, String value) {
    if (value.isEmpty()) {
      values.put(key, -1L);
      return;
    }
    try {
      values.put(key, Long.parseLong(value));
    } catch (NumberFormatException e) {
      values.remove(key);
    }
  }

  long count() {
    return get(COUNT);
  }

  long bytes() {
    return get(BYTES);
  }

  long countHardLimit() {
    return get("countHardLimit");
  }

  long byteHardLimit() {
    return get("byteHardLimit");
  }

  QuotaText set(long count, long bytes) {
    values.put(COUNT, count);
    values.put(BYTES, bytes);
    return this;
  }

  private long get(String key) {
    Long value = values.get(key);
    return value == null ? -1 : value;
  }

  byte[] encode() {
    StringBuilder text = new StringBuilder(64);
    text.append(COUNT).append('=').append(count()).append(',');
    text.append(BYTES).append('=').append(bytes());
    boolean first = true;
    for (Map.Entry<String, Long> entry : values.entrySet()) {
      String key = entry.getKey();
      if (!key.equals(COUNT) && !key.equals(BYTES)) {
        text.append(first ? "=;" : ";").append(key).append('=').append(entry.getValue());
        first = false;
      }
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}
