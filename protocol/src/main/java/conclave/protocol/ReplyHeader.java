package conclave.protocol;

/** What stands before every reply's body; the body is there only when {@code err} is 0. */
public record ReplyHeader(int xid, long zxid, int err) {
  public static final int LENGTH = 16;

  public void write(JuteWriter out) {
    write(out, xid, zxid, err);
  }

  /** Writes a header without making one. */
  public static void write(JuteWriter out, int xid, long zxid, int err) {
    out.writeInt(xid);
    out.writeLong(zxid);
    out.writeInt(err);
  }

  public static ReplyHeader read(JuteReader in) {
    return new ReplyHeader(in.readInt(), in.readLong(), in.readInt());
  }
}
