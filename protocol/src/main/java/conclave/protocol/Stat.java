package conclave.protocol;

/**
 * A znode's metadata as clients see it: 68 bytes on the wire, in this order.
 *
 * @param czxid zxid of the creation
 * @param mzxid zxid of the last change of the data
 * @param ctimeMs time of the creation, milliseconds since 1970
 * @param mtimeMs time of the last change of the data, milliseconds since 1970
 * @param version changes of the data
 * @param cversion changes of the set of children (creates and deletes)
 * @param aversion changes of the ACL
 * @param ephemeralOwner the session that owns an ephemeral znode, else 0
 * @param dataLength bytes of data
 * @param numChildren children now
 * @param pzxid zxid of the last change of the set of children
 */
public record Stat(
    long czxid,
    long mzxid,
    long ctimeMs,
    long mtimeMs,
    int version,
    int cversion,
    int aversion,
    long ephemeralOwner,
    int dataLength,
    int numChildren,
    long pzxid) {

  public static final int LENGTH = 68;

  public void write(JuteWriter out) {
    out.writeLong(czxid);
    out.writeLong(mzxid);
    out.writeLong(ctimeMs);
    out.writeLong(mtimeMs);
    out.writeInt(version);
    out.writeInt(cversion);
    out.writeInt(aversion);
    out.writeLong(ephemeralOwner);
    out.writeInt(dataLength);
    out.writeInt(numChildren);
    out.writeLong(pzxid);
  }

  public static Stat read(JuteReader in) {
    return new Stat(
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readInt(),
        in.readInt(),
        in.readInt(),
        in.readLong(),
        in.readInt(),
        in.readInt(),
        in.readLong());
  }
}
