package conclave.protocol;

/**
 * The data of LEADERINFO.
 *
 * @param features see {@link QuorumFeatures}; 0 for an Apache server
 */
public record LeaderInfo(int protocolVersion, int features) {

  public byte[] toBytes() {
    JuteWriter out = new JuteWriter(12);
    out.writeInt(protocolVersion);
    QuorumFeatures.write(out, features);
    return out.toByteArray();
  }

  public static LeaderInfo read(byte[] data) {
    JuteReader in = new JuteReader(data);
    return new LeaderInfo(in.readInt(), QuorumFeatures.read(in));
  }
}
