package conclave.server.quorum;

import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.MalformedRecordException;
import conclave.protocol.QuorumAuthPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** Steps of SASL, as they are sent. */
final class AuthPackets {
  private static final int LONGEST_TOKEN = 64 << 10;

  /** magic, status, length of the token. */
  private static final int HEAD = 8 + 4 + 4;

  private AuthPackets() {}

  /** Takes one from the beginning of what has come; null when there is more of it to come. */
  static @Nullable QuorumAuthPacket take(ByteBuf in) {
    if (in.readableBytes() < HEAD) {
      return null;
    }
    int length = in.getInt(in.readerIndex() + HEAD - 4);
    if (length < -1 || length > LONGEST_TOKEN) {
      throw new MalformedRecordException("SASL token's length=" + length);
    }
    int all = HEAD + Math.max(0, length);
    if (in.readableBytes() < all) {
      return null;
    }
    byte[] bytes = new byte[all];
    in.readBytes(bytes);
    QuorumAuthPacket packet = QuorumAuthPacket.read(new JuteReader(bytes));
    if (packet.magic() != QuorumAuthPacket.MAGIC) {
      throw new MalformedRecordException("SASL magic=" + packet.magic());
    }
    return packet;
  }

  static void send(Channel to, int status, byte @Nullable [] token) {
    JuteWriter out = new JuteWriter();
    new QuorumAuthPacket(QuorumAuthPacket.MAGIC, status, token).write(out);
    to.writeAndFlush(Unpooled.wrappedBuffer(out.array(), 0, out.length()));
  }
}
