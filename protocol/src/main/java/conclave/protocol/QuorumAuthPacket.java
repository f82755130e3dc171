package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A step of SASL between two servers, before anything else on an election or quorum connection.
 *
 * @param status {@link #IN_PROGRESS}, {@link #SUCCESS} or {@link #ERROR}
 */
public record QuorumAuthPacket(long magic, int status, byte @Nullable [] token) {
  /** What every such packet begins with. */
  public static final long MAGIC = -0xa0dbcafecafe1234L;

  public static final int IN_PROGRESS = 0;
  public static final int SUCCESS = 1;
  public static final int ERROR = -1;

  public void write(JuteWriter out) {
    out.writeLong(magic);
    out.writeInt(status);
    out.writeBuffer(token);
  }

  public static QuorumAuthPacket read(JuteReader in) {
    return new QuorumAuthPacket(in.readLong(), in.readInt(), in.readBuffer());
  }
}
