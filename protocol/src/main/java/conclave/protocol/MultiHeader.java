package conclave.protocol;

/** What stands before each operation and result of a multi, and at their end. */
public record MultiHeader(int type, boolean done, int err) {

  public static void write(JuteWriter out, int type, boolean done, int err) {
    out.writeInt(type);
    out.writeBool(done);
    out.writeInt(err);
  }

  public static void writeEnd(JuteWriter out) {
    write(out, -1, true, -1);
  }

  public static MultiHeader read(JuteReader in) {
    return new MultiHeader(in.readInt(), in.readBool(), in.readInt());
  }
}
