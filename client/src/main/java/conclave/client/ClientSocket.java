package conclave.client;

import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A channel with a way to its socket past its own queue. Requests are small and find the socket's
 * buffer empty, and then the queue costs more than the system call, the more so in a process that
 * has not run for long enough to be compiled.
 */
final class ClientSocket extends NioSocketChannel {

  /**
   * Writes what the socket takes of it at once; nothing while something waits in the channel's
   * queue, since that comes first. Only where nothing encodes what the channel is given, and on its
   * event loop.
   *
   * @return how many bytes it took
   */
  int writeNow(byte[] bytes, int length) throws IOException {
    ChannelOutboundBuffer waiting = unsafe().outboundBuffer();
    if (waiting == null || !waiting.isEmpty()) {
      return 0;
    }
    return javaChannel().write(ByteBuffer.wrap(bytes, 0, length));
  }
}
