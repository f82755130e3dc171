package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The sessions that were heard of since the last PING, in a learner's answer to it: {@code session
 * long, timeoutMs int}, repeated. There can be very many of them at each heartbeat, so they are
 * written and read one by one and never are a list of objects.
 */
public final class SessionTouches {
  private static final int LENGTH = 8 + 4;

  private SessionTouches() {}

  public interface Touch {
    void touched(long sessionId, int timeoutMs);
  }

  public static void write(JuteWriter out, long sessionId, int timeoutMs) {
    out.writeLong(sessionId);
    out.writeInt(timeoutMs);
  }

  /** The leader's own PING has no data. */
  public static void read(byte @Nullable [] data, Touch each) {
    if (data == null) {
      return;
    }
    if (data.length % LENGTH != 0) {
      throw new MalformedRecordException("session touches length=" + data.length);
    }
    for (int at = 0; at < data.length; at += LENGTH) {
      each.touched(BigEndian.getLong(data, at), BigEndian.getInt(data, at + 8));
    }
  }
}
