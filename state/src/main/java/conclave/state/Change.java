package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.EventType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that happened at one path, on its way through the watch tables. */
final class Change {
  final EventType type;
  final String path;
  private final long zxid;
  private final List<Acl> acl;
  private @Nullable WatchEvent event;

  Change(EventType type, String path, long zxid, List<Acl> acl) {
    this.type = type;
    this.path = path;
    this.zxid = zxid;
    this.acl = acl;
  }

  /** The event that its watchers get: always the same. */
  WatchEvent event() {
    WatchEvent made = event;
    if (made == null) {
      made = new WatchEvent(type, path, zxid, acl);
      event = made;
    }
    return made;
  }
}
