package conclave.server.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way to a connection's socket past the channel's queue. Most of what is written is small and
 * finds the socket's own buffer empty, and then the queue costs more than the system call. On the
 * channel's event loop only.
 *
 * <p>What the channel was given leaves before anything that goes this way, so it is closed while
 * something waits in the channel.
 */
final class PlainSocket {
  private static final VarHandle EVENTS_SENT;

  static {
    try {
      EVENTS_SENT =
          MethodHandles.lookup().findVarHandle(PlainSocket.class, "eventsSent", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Channel channel;
  private final Socket socket;

  /** Whether the channel was given something and was not seen empty since. */
  private boolean queued;

  /** Written by the event loop alone, and read by others for statistics. */
  @SuppressWarnings("unused") // by its handle
  private long eventsSent;

  private PlainSocket(Channel channel, Socket socket) {
    this.channel = channel;
    this.socket = socket;
  }

  /**
   * The socket under a channel that encodes nothing of what it is given; null where the transport
   * has none to write to.
   */
  static @Nullable PlainSocket of(Channel channel) {
    return channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket
        ? new PlainSocket(channel, socket)
        : null;
  }

  /** The channel was given something to write. */
  void queued() {
    queued = true;
  }

  /** Whether something may wait in the channel. */
  boolean isQueued() {
    return queued;
  }

  /** Whether what is written here is in its turn. */
  boolean isOpen() {
    // A socket that is closed has given its descriptor back: it may be another connection's.
    return isThere() && (!queued || isDrained());
  }

  /**
   * Whether the socket is there still. Asked before each write: the connection hears of its end
   * only some time after it.
   */
  boolean isThere() {
    return socket.isOpen();
  }

  private boolean isDrained() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    queued = waiting == null || !waiting.isEmpty();
    return !queued;
  }

  /**
   * Writes what the socket takes of it at once, and leaves the indexes of {@code bytes} alone.
   *
   * @return how many bytes it took
   */
  int write(ByteBuf bytes) throws IOException {
    int from = bytes.readerIndex();
    if (bytes.hasMemoryAddress()) {
      return socket.sendAddress(bytes.memoryAddress(), from, bytes.writerIndex());
    }
    ByteBuffer buffer = bytes.internalNioBuffer(from, bytes.readableBytes());
    return socket.send(buffer, buffer.position(), buffer.limit());
  }

  /** An event was written; what the socket did not take of it follows by way of the channel. */
  void countEvent() {
    EVENTS_SENT.setOpaque(this, eventsSent + 1);
  }

  void resetEventsSent() {
    EVENTS_SENT.setOpaque(this, 0L);
  }

  /** Any thread. */
  long eventsSent() {
    return (long) EVENTS_SENT.getOpaque(this);
  }
}
