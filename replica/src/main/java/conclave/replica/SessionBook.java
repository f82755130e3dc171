package conclave.replica;

import conclave.protocol.JuteWriter;
import conclave.state.SessionExpiry;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is connected to this member with which session, and when sessions were heard from.
 *
 * <p>Who leads, or stands alone, watches over all sessions and lets them expire. A learner knows
 * those that are connected to it, and tells the leader which of them were heard from.
 */
final class SessionBook {
  private final long tickMs;

  /** The connection that serves each session, where it has one here. */
  private final Map<Long, Client> owners = new HashMap<>();

  /** Written by the replica alone; read by others for statistics. */
  private final Map<Long, SessionExpiry.Handle> handles = new ConcurrentHashMap<>();

  /** Sessions whose end is in flight: they take no new connection. */
  private final Set<Long> closing = new HashSet<>();

  /** Sessions that have lost their connection since they were last told of. */
  private final Map<Long, Integer> departed = new HashMap<>();

  /** Sessions that only this member knows: they are in no log, and end with its role. */
  private final Set<Long> local = new HashSet<>();

  private SessionExpiry expiry;
  private boolean watchesAll;
  private long toldMs;

  SessionBook(long tickMs) {
    this.tickMs = tickMs;
    this.expiry = new SessionExpiry(tickMs);
  }

  /** For who decides on the life of all sessions; each has its whole timeout from now on. */
  void watchAll(Map<Long, Integer> all, long nowMs) {
    reset();
    watchesAll = true;
    all.forEach((id, timeoutMs) -> handles.put(id, expiry.add(id, timeoutMs, nowMs)));
  }

  /** For a learner: of those that connect here. */
  void watchOwn(long nowMs) {
    reset();
    toldMs = nowMs;
  }

  private void reset() {
    expiry = new SessionExpiry(tickMs);
    watchesAll = false;
    handles.clear();
    owners.clear();
    closing.clear();
    departed.clear();
    local.clear();
  }

  /** Those that are known here; any thread. */
  Collection<SessionExpiry.Handle> handles() {
    return handles.values();
  }

  /** Whether it is known here and not about to end. */
  boolean isAlive(long id) {
    return handles.containsKey(id) && !closing.contains(id);
  }

  @Nullable Client owner(long id) {
    return owners.get(id);
  }

  /** A session was created; its handle, if it is watched over here. */
  SessionExpiry.@Nullable Handle created(long id, int timeoutMs, @Nullable Client by, long nowMs) {
    if (by != null) {
      owners.put(id, by);
    } else if (!watchesAll) {
      return null;
    }
    return handles.computeIfAbsent(id, absent -> expiry.add(id, timeoutMs, nowMs));
  }

  /** A session that only this member knows. */
  SessionExpiry.Handle createdLocal(long id, int timeoutMs, Client by, long nowMs) {
    local.add(id);
    owners.put(id, by);
    return handles.computeIfAbsent(id, absent -> expiry.add(id, timeoutMs, nowMs));
  }

  boolean isLocal(long id) {
    return local.contains(id);
  }

  /**
   * A local session is about to become one that all members know; its timeout in milliseconds. Its
   * connection goes on with the same handle.
   */
  int upgraded(long id) {
    local.remove(id);
    SessionExpiry.Handle handle = handles.get(id);
    if (handle == null) {
      throw new IllegalStateException("no session 0x" + Long.toHexString(id));
    }
    return handle.timeoutMs();
  }

  /** Ends the local sessions that were silent for too long; for a learner. */
  void expireLocal(long nowMs) {
    if (!local.isEmpty()) {
      for (long id : expiry.expire(nowMs)) {
        endIfLocal(id, null);
      }
    }
  }

  /** Ends a session if only this member knows it. */
  boolean endIfLocal(long id, @Nullable Client by) {
    if (!local.remove(id)) {
      return false;
    }
    closed(id, by);
    return true;
  }

  /** A session has ended; its connection, if that is not who asked for it, is ended too. */
  void closed(long id, @Nullable Client by) {
    closing.remove(id);
    departed.remove(id);
    forget(id);
    Client owner = owners.remove(id);
    if (owner != null && owner != by) {
      owner.deliver(new Delivery.Close(owner));
    }
  }

  private void forget(long id) {
    SessionExpiry.Handle handle = handles.remove(id);
    if (handle != null) {
      expiry.remove(handle);
    }
  }

  /** Its end is in flight. */
  void closing(long id) {
    closing.add(id);
  }

  /** A connection takes a session up; the one that had it here is ended. */
  SessionExpiry.Handle attach(long id, int timeoutMs, Client client, long nowMs) {
    SessionExpiry.Handle handle =
        handles.computeIfAbsent(id, absent -> expiry.add(id, timeoutMs, nowMs));
    handle.timeoutMs(timeoutMs);
    handle.touch(nowMs);
    departed.remove(id);
    Client previous = owners.put(id, client);
    if (previous != null && previous != client) {
      previous.deliver(new Delivery.Close(previous));
    }
    return handle;
  }

  void detach(long id, Client client) {
    if (owners.remove(id, client) && !watchesAll && !local.contains(id)) {
      SessionExpiry.Handle handle = handles.get(id);
      // In the millisecond in which the leader was told it may have been heard from behind that.
      if (handle != null && handle.heardMs() >= toldMs) {
        departed.put(id, handle.timeoutMs());
      }
      forget(id);
    }
  }

  /** A session was heard from at another member; false when there is no such session. */
  boolean touch(long id, int timeoutMs, long nowMs) {
    SessionExpiry.Handle handle = handles.get(id);
    if (handle == null || closing.contains(id)) {
      return false;
    }
    handle.timeoutMs(timeoutMs);
    handle.touch(nowMs);
    return true;
  }

  /**
   * The sessions whose time is up and whose end is not in flight. Those that only this member knows
   * end at once, and are not among them.
   */
  List<Long> expired(long nowMs) {
    List<Long> ids = expiry.expire(nowMs);
    ids.removeIf(id -> closing.contains(id) || endIfLocal(id, null));
    return ids;
  }

  /** Who was heard from since this was last asked: id long, timeout int each. */
  byte[] touched(long nowMs) {
    JuteWriter out = new JuteWriter();
    departed.forEach((id, timeoutMs) -> write(out, id, timeoutMs));
    departed.clear();
    for (SessionExpiry.Handle handle : handles.values()) {
      if (handle.heardMs() >= toldMs && !local.contains(handle.sessionId())) {
        write(out, handle.sessionId(), handle.timeoutMs());
      }
    }
    toldMs = nowMs;
    return out.toByteArray();
  }

  private static void write(JuteWriter out, long id, int timeoutMs) {
    out.writeLong(id);
    out.writeInt(timeoutMs);
  }
}
