package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The first frame of a client.
 *
 * @param lastZxidSeen the newest zxid that the client knows of; a server that is behind it refuses
 * @param timeoutMs the session timeout that the client asks for
 * @param sessionId 0 for a new session
 * @param passwd 16 bytes that prove the session is the client's
 * @param readOnly whether a read-only server will do; null when the client, older than 3.4, did not
 *     say
 */
public record ConnectRequest(
    int protocolVersion,
    long lastZxidSeen,
    int timeoutMs,
    long sessionId,
    byte @Nullable [] passwd,
    @Nullable Boolean readOnly) {

  public void write(JuteWriter out) {
    out.writeInt(protocolVersion);
    out.writeLong(lastZxidSeen);
    out.writeInt(timeoutMs);
    out.writeLong(sessionId);
    out.writeBuffer(passwd);
    if (readOnly != null) {
      out.writeBool(readOnly);
    }
  }

  public static ConnectRequest read(JuteReader in) {
    return new ConnectRequest(
        in.readInt(),
        in.readLong(),
        in.readInt(),
        in.readLong(),
        in.readBuffer(),
        in.remaining() > 0 ? Boolean.valueOf(in.readBool()) : null);
  }
}
