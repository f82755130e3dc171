package conclave.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a server says first on an election connection that it opened: who it is, and where its own
 * election port can be reached.
 *
 * @param version {@link #ONE_ADDRESS} or {@link #MANY_ADDRESSES}
 * @param serverId {@link #ANONYMOUS} for an observer without a number of its own
 * @param addresses empty from servers before 3.5, which send nothing but their id
 */
public record ElectionGreeting(long version, long serverId, List<HostPort> addresses) {
  public static final long ONE_ADDRESS = -65536;

  /** Sent only where several addresses are enabled: servers before 3.6 refuse it. */
  public static final long MANY_ADDRESSES = -65535;

  public static final long ANONYMOUS = Long.MAX_VALUE;

  /** The most bytes of addresses that Apache accepts. */
  private static final int MAX_ADDRESS_BYTES = 2048;

  public void write(JuteWriter out) {
    out.writeLong(version);
    out.writeLong(serverId);
    String text = addresses.stream().map(HostPort::toString).collect(Collectors.joining("|"));
    out.writeBuffer(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads a greeting from the beginning of a stream; null when there is more of it to come. */
  public static @Nullable ElectionGreeting read(JuteReader in) {
    if (in.remaining() < 8) {
      return null;
    }
    long version = in.readLong();
    if (version >= 0) {
      return new ElectionGreeting(ONE_ADDRESS, version, List.of());
    }
    if (version != ONE_ADDRESS && version != MANY_ADDRESSES) {
      throw new MalformedRecordException("greeting version=" + version);
    }
    if (in.remaining() < 12) {
      return null;
    }
    long serverId = in.readLong();
    int length = in.peekInt();
    if (length <= 0 || length > MAX_ADDRESS_BYTES) {
      throw new MalformedRecordException(
          "greeting's addresses length=" + length + " limit=" + MAX_ADDRESS_BYTES);
    }
    if (in.remaining() < 4 + length) {
      return null;
    }
    return new ElectionGreeting(version, serverId, addresses(in.readString()));
  }

  private static List<HostPort> addresses(String text) {
    List<HostPort> addresses = new ArrayList<>();
    for (String part : text.split("\\|", -1)) {
      addresses.add(HostPort.parse(part));
    }
    return List.copyOf(addresses);
  }
}
