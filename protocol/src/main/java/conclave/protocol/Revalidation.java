package conclave.protocol;

/** The data of REVALIDATE: a learner asks whether a client's session lives, the leader answers. */
public final class Revalidation {
  private Revalidation() {}

  /** The learner's question. */
  public record Ask(long sessionId, int timeoutMs) {
    public byte[] toBytes() {
      JuteWriter out = new JuteWriter(12);
      out.writeLong(sessionId);
      out.writeInt(timeoutMs);
      return out.toByteArray();
    }

    public static Ask read(byte[] data) {
      JuteReader in = new JuteReader(data);
      return new Ask(in.readLong(), in.readInt());
    }
  }

  /** The leader's answer; the session is the asking server's from now on if it is valid. */
  public record Answer(long sessionId, boolean valid) {
    public byte[] toBytes() {
      JuteWriter out = new JuteWriter(9);
      out.writeLong(sessionId);
      out.writeBool(valid);
      return out.toByteArray();
    }

    public static Answer read(byte[] data) {
      JuteReader in = new JuteReader(data);
      return new Answer(in.readLong(), in.readBool());
    }
  }
}
