package conclave.cli.common;

import conclave.client.WatchEvent;
import conclave.protocol.EventType;
import conclave.recipes.json.Json;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a watch saw, in the words that ZooKeeper's users know. */
public final class EventText {
  private EventText() {}

  /** {@code NodeDataChanged} for {@code NODE_DATA_CHANGED}. */
  public static String type(EventType type) {
    StringBuilder name = new StringBuilder();
    for (String part : type.name().split("_", -1)) {
      name.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }

  public static Map<String, @Nullable Object> object(WatchEvent event) {
    return Json.object("event", type(event.type()), "path", event.path(), "zxid", event.zxid());
  }
}
