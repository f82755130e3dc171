package conclave.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The data of REQUEST: a client's request, on its way from a learner to the leader.
 *
 * @param cxid the client's number for it, by which the learner knows the commit again
 * @param opCode may be a number that is no {@link OpCode}
 * @param data the whole data of the packet, of which the request's body is the rest behind {@link
 *     #BODY_OFFSET}
 */
public record ForwardedRequest(long sessionId, int cxid, int opCode, byte[] data) {
  /** Where the body begins. */
  public static final int BODY_OFFSET = 8 + 4 + 4;

  /** The zxid that Apache's learners put into the packet: there is none yet. */
  public static final long NO_ZXID = -1;

  /** The body, in place. */
  public JuteReader body() {
    return new JuteReader(data, BODY_OFFSET, data.length - BODY_OFFSET);
  }

  /** The packet's data for a request whose body is {@code length} bytes of {@code body}. */
  public static byte[] toBytes(
      long sessionId, int cxid, int opCode, byte[] body, int offset, int length) {
    byte[] data = new byte[BODY_OFFSET + length];
    BigEndian.putLong(data, 0, sessionId);
    BigEndian.putInt(data, 8, cxid);
    BigEndian.putInt(data, 12, opCode);
    System.arraycopy(body, offset, data, BODY_OFFSET, length);
    return data;
  }

  public static ForwardedRequest read(byte @Nullable [] data) {
    if (data == null || data.length < BODY_OFFSET) {
      throw new MalformedRecordException(
          "forwarded request length=" + (data == null ? -1 : data.length));
    }
    return new ForwardedRequest(
        BigEndian.getLong(data, 0), BigEndian.getInt(data, 8), BigEndian.getInt(data, 12), data);
  }
}
