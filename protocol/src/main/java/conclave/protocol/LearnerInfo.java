package conclave.protocol;

/**
 * Who a learner is: the data of FOLLOWERINFO and OBSERVERINFO.
 *
 * @param protocolVersion {@link #PROTOCOL_VERSION}, or less from servers before 3.4
 * @param configVersion of the configuration that the learner has active; a leader refuses a learner
 *     whose configuration is newer than its own
 * @param features see {@link QuorumFeatures}; 0 for an Apache server
 */
public record LearnerInfo(long serverId, int protocolVersion, long configVersion, int features) {
  /** ZAB 1.0: the leader answers with LEADERINFO. */
  public static final int PROTOCOL_VERSION = 0x10000;

  public byte[] toBytes() {
    JuteWriter out = new JuteWriter(28);
    out.writeLong(serverId);
    out.writeInt(protocolVersion);
    out.writeLong(configVersion);
    QuorumFeatures.write(out, features);
    return out.toByteArray();
  }

  /**
   * Reads what is there: the id alone came from servers before 3.4, id and version from those
   * before 3.5. Trailing bytes that aren't ours are passed over, as Apache does.
   */
  public static LearnerInfo read(byte[] data) {
    JuteReader in = new JuteReader(data);
    long serverId = in.readLong();
    int protocolVersion = in.remaining() >= 4 ? in.readInt() : 1;
    long configVersion = in.remaining() >= 8 ? in.readLong() : 0;
    return new LearnerInfo(serverId, protocolVersion, configVersion, QuorumFeatures.read(in));
  }
}
