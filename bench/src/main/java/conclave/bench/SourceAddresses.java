package conclave.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Locale;

/**
 * Spreads connections over the loopback network's addresses: one address has only some 28,000 ports
 * for clients, and a closed connection keeps its port for a minute.
 */
final class SourceAddresses {
  private static final int ADDRESSES = 100;

  private int next;

  /** A non-blocking channel that has begun to connect. */
  SocketChannel connect(InetSocketAddress server) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    next = next % ADDRESSES + 1;
    channel.bind(new InetSocketAddress(String.format(Locale.ROOT, "127.0.1.%d", next), 0));
    channel.connect(server);
    return channel;
  }
}
