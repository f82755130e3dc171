package conclave.protocol;

/**
 * The data of ACKEPOCH.
 *
 * @param currentEpoch of the learner; {@link #ALREADY_ACCEPTED} when it had accepted the leader's
 *     epoch before, so that this answer must not be counted as one more
 */
public record AckEpoch(int currentEpoch) {
  public static final int ALREADY_ACCEPTED = -1;

  public byte[] toBytes() {
    byte[] data = new byte[4];
    BigEndian.putInt(data, 0, currentEpoch);
    return data;
  }

  public static AckEpoch read(byte[] data) {
    return new AckEpoch(new JuteReader(data).readInt());
  }
}
