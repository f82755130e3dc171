package conclave.protocol;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a server tells another of its part in the election: what it is doing, and whom it votes for
 * (or whom it follows).
 *
 * @param zxid the last one of the server that is voted for
 * @param electionEpoch the sender's round
 * @param peerEpoch the epoch of the server that is voted for
 * @param version {@link #VERSION}; 1 from servers without a configuration, 0 from still older ones
 * @param config the sender's configuration as {@link MembershipText}; null below version 2. It is
 *     text here, because a vote counts though its configuration can't be read.
 */
public record Notification(
    ServerState state,
    long leader,
    long zxid,
    long electionEpoch,
    long peerEpoch,
    int version,
    @Nullable String config) {
  public static final int VERSION = 2;

  /** The most bytes that a notification may take: what Apache accepts. */
  public static final int MAX_BYTES = 512 * 1024;

  /** Before there were peer epochs. */
  private static final int OLDEST_LENGTH = 28;

  /** Before there were configurations. */
  private static final int OLDER_LENGTH = 40;

  /** Writes the body, without the int length that goes before it on a connection. */
  public void write(JuteWriter out) {
    out.writeInt(state.code());
    out.writeLong(leader);
    out.writeLong(zxid);
    out.writeLong(electionEpoch);
    out.writeLong(peerEpoch);
    out.writeInt(version);
    if (version >= VERSION) {
      byte[] text = (config == null ? "" : config).getBytes(StandardCharsets.UTF_8);
      out.writeBuffer(text);
    }
  }

  /**
   * Reads a body of one of the three kinds that Apache's servers have sent; which one, the length
   * tells. What is refused here Apache skips, and keeps the connection.
   */
  public static Notification read(JuteReader in) {
    int length = in.remaining();
    ServerState state = ServerState.of(in.readInt());
    long leader = in.readLong();
    long zxid = in.readLong();
    long electionEpoch = in.readLong();
    if (length == OLDEST_LENGTH) {
      return new Notification(state, leader, zxid, electionEpoch, zxid >> 32, 0, null);
    }
    long peerEpoch = in.readLong();
    int version = in.readInt();
    if (length == OLDER_LENGTH) {
      // Apache takes every message of this length for one without a version, whatever it says.
      return new Notification(state, leader, zxid, electionEpoch, peerEpoch, 0, null);
    }
    return new Notification(
        state, leader, zxid, electionEpoch, peerEpoch, version, readConfig(in, version));
  }

  private static @Nullable String readConfig(JuteReader in, int version) {
    if (version < VERSION) {
      return null;
    }
    String config = in.readNullableString();
    if (config == null) {
      throw new MalformedRecordException("notification's configuration is null");
    }
    return config;
  }
}
