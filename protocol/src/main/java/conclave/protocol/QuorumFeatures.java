package conclave.protocol;

/**
 * What two Conclave servers tell each other behind the fields of {@link LearnerInfo} and {@link
 * LeaderInfo}: four bytes "CNCL", and an int with a bit for each extension of the protocol that the
 * sender understands. An extension is in use when both have told it.
 *
 * <p>Apache's servers read the fields that they know from the front of these bodies and don't look
 * at what is behind, so they neither see this nor say it.
 */
public final class QuorumFeatures {
  /** One ACK stands for all proposals before it, and one COMMIT likewise. */
  public static final int CUMULATIVE = 1;

  private static final int MAGIC = 0x434e434c;

  private QuorumFeatures() {}

  /** Writes nothing when there are no features: then the body is Apache's to the byte. */
  static void write(JuteWriter out, int features) {
    if (features != 0) {
      out.writeInt(MAGIC);
      out.writeInt(features);
    }
  }

  static int read(JuteReader in) {
    return in.remaining() >= 8 && in.readInt() == MAGIC ? in.readInt() : 0;
  }
}
