package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The answer to the first frame.
 *
 * @param timeoutMs the session timeout that was agreed; 0 or less tells that the session is gone
 * @param readOnly whether this server is read-only; left out for a client that did not send its own
 */
public record ConnectResponse(
    int protocolVersion,
    int timeoutMs,
    long sessionId,
    byte @Nullable [] passwd,
    @Nullable Boolean readOnly) {

  public void write(JuteWriter out) {
    out.writeInt(protocolVersion);
    out.writeInt(timeoutMs);
    out.writeLong(sessionId);
    out.writeBuffer(passwd);
    if (readOnly != null) {
      out.writeBool(readOnly);
    }
  }

  public static ConnectResponse read(JuteReader in) {
    return new ConnectResponse(
        in.readInt(),
        in.readInt(),
        in.readLong(),
        in.readBuffer(),
        in.remaining() > 0 ? Boolean.valueOf(in.readBool()) : null);
  }
}
