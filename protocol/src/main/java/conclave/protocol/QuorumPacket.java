package conclave.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a leader and a learner send each other: {@code type int, zxid long, data buffer, authinfo
 * vector of Id}, without a length before it.
 *
 * @param typeCode see {@link QuorumPacketType}; a peer may send a number that isn't there
 * @param authInfo who the client of a forwarded request is; null, which is not the same as empty on
 *     the wire, in all other packets
 */
public record QuorumPacket(
    int typeCode, long zxid, byte @Nullable [] data, @Nullable List<Id> authInfo) {

  public QuorumPacket(QuorumPacketType type, long zxid) {
    this(type.code(), zxid, null, null);
  }

  public QuorumPacket(QuorumPacketType type, long zxid, byte @Nullable [] data) {
    this(type.code(), zxid, data, null);
  }

  /** Null when the type's number is unknown. */
  public @Nullable QuorumPacketType type() {
    return QuorumPacketType.of(typeCode);
  }

  public boolean is(QuorumPacketType type) {
    return typeCode == type.code();
  }

  /** The data of a packet that must have some. */
  public byte[] requiredData() {
    if (data == null) {
      throw new MalformedRecordException("no data in " + this);
    }
    return data;
  }

  public void write(JuteWriter out) {
    out.writeInt(typeCode);
    out.writeLong(zxid);
    out.writeBuffer(data);
    if (authInfo == null) {
      out.writeInt(-1);
    } else {
      out.writeVector(authInfo, (to, id) -> id.write(to));
    }
  }

  /** Names the type and the sizes: data may be large, and is nobody's business in a log. */
  @Override
  public String toString() {
    QuorumPacketType type = type();
    return (type == null ? "type " + typeCode : type.name())
        + " zxid=0x"
        + Long.toHexString(zxid)
        + (data == null ? "" : " data=" + data.length);
  }
}
