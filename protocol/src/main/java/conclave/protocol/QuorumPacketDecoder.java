package conclave.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into {@link QuorumPacket}s. Packets have no length before them, so where
 * one ends is known only by reading it.
 *
 * <p>For each chunk that arrives: {@link #feed} it, then call {@link #next} until that is null; the
 * chunk is the caller's again then, and the beginning of a packet that it ended with is kept here.
 * A packet that lies within one chunk is read in place and its data copied once; the data of a
 * packet that spans chunks is put together in the array that becomes the packet's.
 *
 * <p>Behind a SNAP packet comes a snapshot, which is not packets: there {@link #next} answers null,
 * and {@link #drain} hands what arrives to somebody else until {@link #resume} is called.
 *
 * <p>What a peer claims to send is not believed: room for a packet's data grows with the bytes that
 * have arrived. What can't be a packet is a {@link MalformedRecordException}, after which the
 * decoder is of no more use. Not thread-safe.
 */
public final class QuorumPacketDecoder {
  private static final byte[] NONE = {};

  /** type, zxid, length of the data. */
  private static final int HEAD = 4 + 8 + 4;

  /** Data up to this length gets its room at once. */
  private static final int SMALL = 1 << 16;

  private final int maxDataBytes;

  private byte[] chunk = NONE;
  private int position;
  private int end;

  /** The packet whose beginning only has arrived; unused while {@link #partLength} is 0. */
  private byte[] part = new byte[64];

  private int partLength;
  private byte @Nullable [] partData;
  private int partDataLength;
  private int partAuthItems;
  private int partAuthEnd;

  private boolean raw;

  /**
   * @param maxDataBytes the most data that a packet may have, and the most bytes that the
   *     identities beside it may take
   */
  public QuorumPacketDecoder(int maxDataBytes) {
    this.maxDataBytes = maxDataBytes;
  }

  /** Takes the next bytes of the stream. They must not change until {@link #next} is null. */
  public void feed(byte[] bytes, int offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes.length - length) {
      throw new IndexOutOfBoundsException(
          "offset=" + offset + " length=" + length + " of=" + bytes.length);
    }
    if (position == end) {
      chunk = bytes;
      position = offset;
      end = offset + length;
    } else {
      byte[] both = Arrays.copyOfRange(chunk, position, end + length);
      // copyOfRange may have read beyond the end of the old chunk: what is there is overwritten.
      System.arraycopy(bytes, offset, both, end - position, length);
      chunk = both;
      end = both.length;
      position = 0;
    }
  }

  /** The next packet; null when more bytes are needed, or when what comes next isn't a packet. */
  public @Nullable QuorumPacket next() {
    if (raw) {
      return null;
    }
    QuorumPacket packet = partLength == 0 ? inPlace() : null;
    if (packet == null) {
      packet = acrossChunks();
    }
    if (packet != null && packet.is(QuorumPacketType.SNAP)) {
      raw = true;
    }
    return packet;
  }

  /** Takes bytes that are not packets, and answers how many of them it took. */
  public interface RawSink {
    int feed(byte[] bytes, int offset, int length);
  }

  /** Whether a SNAP packet was read and the packets have not been resumed. */
  public boolean isRaw() {
    return raw;
  }

  /** Offers what has arrived behind the SNAP packet; answers how many bytes were taken. */
  public int drain(RawSink sink) {
    if (!raw) {
      throw new IllegalStateException("drained between packets: position=" + position);
    }
    if (position == end) {
      return 0;
    }
    int taken = sink.feed(chunk, position, end - position);
    if (taken < 0 || taken > end - position) {
      throw new IllegalStateException("taken=" + taken + " of=" + (end - position));
    }
    position += taken;
    return taken;
  }

  /** The snapshot is over: what was not drained of it is packets again. */
  public void resume() {
    if (!raw) {
      throw new IllegalStateException("resumed between packets: position=" + position);
    }
    raw = false;
  }

  /** The packet that lies whole in the chunk; null, with nothing read, when it doesn't. */
  private @Nullable QuorumPacket inPlace() {
    int from = position;
    if (end - from < HEAD + 4) {
      return null;
    }
    int length = dataLength(BigEndian.getInt(chunk, from + 12));
    int at = from + HEAD + Math.max(length, 0);
    // "at" is beyond the end for a length that is yet to arrive, and can't be negative: lengths are
    // limited, and limits are far from the largest int only if the caller says so.
    if (at < 0 || at > end - 4) {
      return null;
    }
    int count = BigEndian.getInt(chunk, at);
    int authEnd = at + 4;
    if (count > 0) {
      authEnd = authEnd(chunk, at + 4, end, authItems(count));
      if (authEnd < 0) {
        return null;
      }
    }
    byte[] data =
        length < 0
            ? null
            : length == 0 ? NONE : Arrays.copyOfRange(chunk, from + HEAD, from + HEAD + length);
    QuorumPacket packet =
        new QuorumPacket(
            BigEndian.getInt(chunk, from),
            BigEndian.getLong(chunk, from + 4),
            data,
            ids(count, chunk, at + 4));
    position = authEnd;
    return packet;
  }

  /** Where the strings of the vector end; &minus;1 when not all of them are there. */
  private int authEnd(byte[] bytes, int from, int limit, int items) {
    int at = from;
    for (int i = 0; i < items; i++) {
      if (limit - at < 4) {
        return -1;
      }
      int length = authLength(BigEndian.getInt(bytes, at), at - from);
      at += 4;
      if (limit - at < length) {
        return -1;
      }
      at += length;
    }
    return at;
  }

  /**
   * Goes on with the packet whose beginning is in {@link #part}: head, then data, then identities.
   */
  private @Nullable QuorumPacket acrossChunks() {
    if (!fillPart(HEAD)) {
      return null;
    }
    int length = dataLength(BigEndian.getInt(part, 12));
    if (length > 0 && !fillData(length)) {
      return null;
    }
    if (!fillPart(HEAD + 4)) {
      return null;
    }
    int count = BigEndian.getInt(part, HEAD);
    if (count > 0 && !fillAuth(authItems(count))) {
      return null;
    }
    QuorumPacket packet =
        new QuorumPacket(
            BigEndian.getInt(part, 0),
            BigEndian.getLong(part, 4),
            length < 0 ? null : length == 0 ? NONE : partData,
            ids(count, part, HEAD + 4));
    partLength = 0;
    partData = null;
    partDataLength = 0;
    partAuthItems = 0;
    partAuthEnd = 0;
    if (part.length > SMALL) {
      part = new byte[64];
    }
    return packet;
  }

  /** Moves bytes into {@link #part} until it has {@code wanted} of them; false if there are not. */
  private boolean fillPart(int wanted) {
    int moved = Math.min(wanted - partLength, end - position);
    if (moved > 0) {
      if (partLength + moved > part.length) {
        part = Arrays.copyOf(part, Math.max(partLength + moved, 2 * part.length));
      }
      System.arraycopy(chunk, position, part, partLength, moved);
      partLength += moved;
      position += moved;
    }
    return partLength >= wanted;
  }

  private boolean fillData(int length) {
    int moved = Math.min(length - partDataLength, end - position);
    if (partData == null || moved > partData.length - partDataLength) {
      partData = roomFor(length, partDataLength + moved);
    }
    System.arraycopy(chunk, position, partData, partDataLength, moved);
    partDataLength += moved;
    position += moved;
    return partDataLength == length;
  }

  /** An array with what there is of the data, twice as large as needed but never larger. */
  private byte[] roomFor(int length, int needed) {
    int room = needed > length / 2 ? length : Math.min(length, Math.max(SMALL, 2 * needed));
    return partData == null ? new byte[room] : Arrays.copyOf(partData, room);
  }

  private boolean fillAuth(int items) {
    if (partAuthEnd == 0) {
      partAuthEnd = HEAD + 4;
    }
    while (partAuthItems < items) {
      if (!fillPart(partAuthEnd + 4)) {
        return false;
      }
      int length = authLength(BigEndian.getInt(part, partAuthEnd), partAuthEnd - HEAD - 4);
      if (!fillPart(partAuthEnd + 4 + length)) {
        return false;
      }
      partAuthEnd += 4 + length;
      partAuthItems++;
    }
    return true;
  }

  private int dataLength(int length) {
    if (length < -1 || length > maxDataBytes) {
      throw new MalformedRecordException(
          "quorum packet's data length=" + length + " limit=" + maxDataBytes);
    }
    return length;
  }

  /** Strings of so many identities; each takes four bytes at least. */
  private int authItems(int count) {
    if (count > maxDataBytes / 8) {
      throw new MalformedRecordException(
          "quorum packet's identities=" + count + " limit=" + maxDataBytes / 8);
    }
    return 2 * count;
  }

  private int authLength(int length, int before) {
    if (length < -1 || length > maxDataBytes - before) {
      throw new MalformedRecordException(
          "quorum packet's identity length=" + length + " limit=" + (maxDataBytes - before));
    }
    return Math.max(length, 0);
  }

  private static @Nullable List<Id> ids(int count, byte[] bytes, int from) {
    if (count <= 0) {
      return count == -1 ? null : List.of();
    }
    JuteReader in = new JuteReader(bytes, from, bytes.length - from);
    List<Id> ids = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ids.add(Id.read(in));
    }
    return ids;
  }
}
