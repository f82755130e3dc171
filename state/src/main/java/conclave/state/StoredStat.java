package conclave.state;

import conclave.protocol.BigEndian;
import conclave.protocol.JuteWriter;

/**
 * A znode's metadata as snapshots have it: 60 bytes, in this order.
 *
 * @param cversion the count of children ever made in it, not the one that clients see
 * @param ephemeralOwner see {@link conclave.protocol.EphemeralOwner}
 */
public record StoredStat(
    long czxid,
    long mzxid,
    long ctimeMs,
    long mtimeMs,
    int version,
    int cversion,
    int aversion,
    long ephemeralOwner,
    long pzxid) {
  public static final int LENGTH = 60;

  static final StoredStat ZERO = new StoredStat(0, 0, 0, 0, 0, 0, 0, 0, 0);

  public void write(JuteWriter out) {
    out.writeLong(czxid);
    out.writeLong(mzxid);
    out.writeLong(ctimeMs);
    out.writeLong(mtimeMs);
    out.writeInt(version);
    out.writeInt(cversion);
    out.writeInt(aversion);
    out.writeLong(ephemeralOwner);
    out.writeLong(pzxid);
  }

  /** Reads what {@link #write} wrote. */
  public static StoredStat read(byte[] bytes, int at) {
    return new StoredStat(
        BigEndian.getLong(bytes, at),
        BigEndian.getLong(bytes, at + 8),
        BigEndian.getLong(bytes, at + 16),
        BigEndian.getLong(bytes, at + 24),
        BigEndian.getInt(bytes, at + 32),
        BigEndian.getInt(bytes, at + 36),
        BigEndian.getInt(bytes, at + 40),
        BigEndian.getLong(bytes, at + 44),
        BigEndian.getLong(bytes, at + 52));
  }
}
