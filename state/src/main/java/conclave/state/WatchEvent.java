package conclave.state;

import conclave.protocol.Acl;
import conclave.protocol.EventType;
import java.util.List;

/**
 * A change that somebody watched for. All watchers of one change get the same instance, so that it
 * need be encoded only once.
 *
 * @param zxid the change, or {@link #REPLAYED}
 * @param acl who may see the znode: it may be told only to those whom this list lets read. Empty
 *     when there is nothing to protect (the znode was gone before the watch was set again).
 */
public record WatchEvent(EventType type, String path, long zxid, List<Acl> acl) {

  /** The zxid of events that answer a setWatches. */
  public static final long REPLAYED = -1;
}
