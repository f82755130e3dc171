package conclave.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One buffer into which a client reads everything, again and again. Its connections have copied all
 * that they want before anything is read again, so there is no need of an allocator, which costs
 * more than the reading where there is little to read. Belongs to the event loop.
 */
final class OneBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
  private static final int BYTES = 32 * 1024;

  /** How often a socket is read at once while it fills the buffer, as by default. */
  private static final int MAX_READS = 16;

  /** Goes with this object: it is never let go of, so nobody frees it. */
  private @Nullable ByteBuf buffer;

  OneBuffer() {
    super(MAX_READS);
  }

  @Override
  @SuppressWarnings("deprecation") // The type that the method it overrides answers.
  public Handle newHandle() {
    return new MaxMessageHandle() {
      @Override
      public ByteBuf allocate(ByteBufAllocator ignored) {
        return room().clear().retain();
      }

      @Override
      public int guess() {
        return BYTES;
      }
    };
  }

  private ByteBuf room() {
    ByteBuf room = buffer;
    if (room == null) {
      room = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(BYTES));
      buffer = room;
    }
    return room;
  }
}
