package conclave.state;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which sessions have been silent for too long.
 *
 * <p>Deadlines are rounded up to whole ticks as Apache's are, {@code ((heard + timeout) / tick + 1)
 * * tick}. A touch only writes a field; a session stays in the bucket of its old deadline until
 * that comes, and is then moved to the one that it has earned. So the work is one step a session
 * and timeout, however many requests there are.
 *
 * <p>Times are monotonic milliseconds. One thread owns this; {@link Handle} says what others may
 * call.
 */
public final class SessionExpiry {

  /** A check that comes so many ticks late was held up by a pause of the process. */
  private static final int PAUSE_TICKS = 2;

  private final long tickMs;
  private final TreeMap<Long, Set<Handle>> buckets = new TreeMap<>();
  private int size;
  private boolean checked;
  private long lastCheckMs;

  /** A session, for those who hear from it; any thread may use it. */
  public static final class Handle {
    private final long sessionId;

    private final AtomicLong heardMs;
    private volatile int timeoutMs;

    /** The bucket that it is in, 0 when in none. Owner only. */
    private long deadlineMs;

    private Handle(long sessionId, int timeoutMs, long nowMs) {
      this.sessionId = sessionId;
      this.timeoutMs = timeoutMs;
      this.heardMs = new AtomicLong(nowMs);
    }

    public long sessionId() {
      return sessionId;
    }

    public int timeoutMs() {
      return timeoutMs;
    }

    /** The session was heard from. */
    public void touch(long nowMs) {
      heardMs.setOpaque(nowMs);
    }

    /** A new connection has agreed on another timeout. */
    public void timeoutMs(int newTimeoutMs) {
      timeoutMs = newTimeoutMs;
    }

    /** When the session was last heard from. */
    public long heardMs() {
      return heardMs.getOpaque();
    }

    private void excuse(long pauseMs, long nowMs) {
      long heard = heardMs();
      // Who is heard from at this very moment has no need of it.
      heardMs.compareAndSet(heard, Math.min(heard + pauseMs, Math.max(heard, nowMs)));
    }
  }

  public SessionExpiry(long tickMs) {
    if (tickMs <= 0) {
      throw new IllegalArgumentException("tickMs=" + tickMs);
    }
    this.tickMs = tickMs;
  }

  public int size() {
    return size;
  }

  /** Watches over a session from now on. */
  public Handle add(long sessionId, int timeoutMs, long nowMs) {
    Handle handle = new Handle(sessionId, timeoutMs, nowMs);
    put(handle, deadline(handle));
    size++;
    return handle;
  }

  /** Watches over it no longer; nothing happens when it has expired or was removed before. */
  public void remove(Handle handle) {
    long deadlineMs = handle.deadlineMs;
    Set<Handle> bucket = buckets.get(deadlineMs);
    if (bucket != null && bucket.remove(handle)) {
      size--;
      handle.deadlineMs = 0;
      if (bucket.isEmpty()) {
        buckets.remove(deadlineMs);
      }
    }
  }

  /**
   * The sessions whose time is up, each told once. To be called every tick or more often: a long
   * time between two calls means that the process was paused, and that pause is not charged to the
   * sessions, which could not be heard.
   */
  public List<Long> expire(long nowMs) {
    noticePause(nowMs);
    List<Long> expired = new ArrayList<>();
    while (!buckets.isEmpty() && buckets.firstKey() <= nowMs) {
      Map.Entry<Long, Set<Handle>> due = buckets.pollFirstEntry();
      for (Handle handle : due.getValue()) {
        long deadlineMs = deadline(handle);
        if (deadlineMs > nowMs) {
          put(handle, deadlineMs);
        } else {
          handle.deadlineMs = 0;
          size--;
          expired.add(handle.sessionId);
        }
      }
    }
    return expired;
  }

  /** The bucket whose turn is next, or {@code Long.MAX_VALUE}. */
  public long nextDeadlineMs() {
    return buckets.isEmpty() ? Long.MAX_VALUE : buckets.firstKey();
  }

  private void noticePause(long nowMs) {
    long gapMs = nowMs - lastCheckMs;
    if (checked && gapMs > PAUSE_TICKS * tickMs) {
      for (Set<Handle> bucket : buckets.values()) {
        for (Handle handle : bucket) {
          handle.excuse(gapMs - tickMs, nowMs);
        }
      }
    }
    checked = true;
    lastCheckMs = nowMs;
  }

  private void put(Handle handle, long deadlineMs) {
    handle.deadlineMs = deadlineMs;
    buckets.computeIfAbsent(deadlineMs, d -> new LinkedHashSet<>()).add(handle);
  }

  private long deadline(Handle handle) {
    return (Math.floorDiv(handle.heardMs() + handle.timeoutMs(), tickMs) + 1) * tickMs;
  }
}
