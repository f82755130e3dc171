package conclave.server.quorum;

import conclave.protocol.JuteWriter;
import conclave.protocol.QuorumPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Turns packets into bytes: a head, the data, and a tail. Small data is copied to where the head
 * is, which is cheaper than anything else; large data is brought into the form in which it leaves
 * once for all links that it goes to.
 */
final class PacketEncoder {
  /** From this length on it pays to share. */
  private static final int LARGE = 16 << 10;

  /** type, zxid, length of the data; number of the identities. */
  private static final int FRAME = 4 + 8 + 4 + 4;

  private static final int ABOUT_AN_IDENTITY = 64;

  private final JuteWriter scratch = new JuteWriter(1024);
  private byte @Nullable [] sharedData;
  private @Nullable ByteBuf shared;

  /** About how many bytes it takes, in memory and on the wire. */
  static int size(QuorumPacket packet) {
    byte[] data = packet.data();
    var ids = packet.authInfo();
    return FRAME
        + (data == null ? 0 : data.length)
        + (ids == null ? 0 : ABOUT_AN_IDENTITY * ids.size());
  }

  static boolean isLarge(byte @Nullable [] data) {
    return data != null && data.length >= LARGE;
  }

  /** Room for whatever is made on the way, to be used at once. */
  JuteWriter scratch() {
    return scratch;
  }

  /** Everything before the data. */
  void head(QuorumPacket packet, ByteBuf to) {
    byte[] data = packet.data();
    to.writeInt(packet.typeCode());
    to.writeLong(packet.zxid());
    to.writeInt(data == null ? -1 : data.length);
  }

  /** Everything behind the data. */
  void tail(QuorumPacket packet, ByteBuf to) {
    var ids = packet.authInfo();
    if (ids == null) {
      to.writeInt(-1);
      return;
    }
    scratch.reset();
    scratch.writeVector(ids, (out, id) -> id.write(out));
    to.writeBytes(scratch.array(), 0, scratch.length());
  }

  /**
   * Large data, the caller's to release. The last is kept until {@link #release}, for the other
   * links that it goes to.
   */
  ByteBuf large(byte[] data, ByteBufAllocator allocator) {
    ByteBuf bytes = shared;
    if (bytes == null || sharedData != data) {
      release();
      bytes = allocator.directBuffer(data.length).writeBytes(data);
      shared = bytes;
      sharedData = data;
    }
    return bytes.retainedDuplicate();
  }

  void release() {
    if (shared != null) {
      shared.release();
    }
    shared = null;
    sharedData = null;
  }
}
