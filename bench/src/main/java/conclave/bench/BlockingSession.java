package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A session that sends a request and waits for its reply: for preparations and for latencies. */
final class BlockingSession implements AutoCloseable {
  static final int TIMEOUT_MS = 40_000;
  private static final int BUFFER_BYTES = 1 << 16;

  private final SocketChannel channel;
  private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private int nextXid = 1;

  private BlockingSession(SocketChannel channel) {
    this.channel = channel;
  }

  static BlockingSession open(InetSocketAddress server) throws IOException {
    SocketChannel channel = SocketChannel.open(server);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    BlockingSession session = new BlockingSession(channel);
    session.exchange(Frames.connect(TIMEOUT_MS));
    // protocol version, then the negotiated timeout: 0 says that there is no session.
    if (session.in.getInt(2 * Integer.BYTES) <= 0) {
      throw new IOException("the server refused a session");
    }
    return session;
  }

  int takeXid() {
    return nextXid++;
  }

  void create(String path, byte[] data) throws IOException {
    call(Frames.create(takeXid(), path, data, false), path);
  }

  void getData(String path) throws IOException {
    call(Frames.getData(takeXid(), path, false), path);
  }

  void setData(String path, byte[] data) throws IOException {
    call(Frames.setData(takeXid(), path, data), path);
  }

  /** Sends the frame and waits for a reply without error. */
  void call(byte[] frame, String what) throws IOException {
    exchange(frame);
    int error = in.getInt(Frames.REPLY_ERROR_OFFSET);
    if (error != 0) {
      throw new IOException(String.format(Locale.ROOT, "%s answered with error %d", what, error));
    }
  }

  /** Text of a four-letter word's answer, on a connection of its own. */
  static String fourLetterWord(InetSocketAddress server, String word) throws IOException {
    try (SocketChannel channel = SocketChannel.open(server)) {
      channel.write(ByteBuffer.wrap(word.getBytes(StandardCharsets.US_ASCII)));
      return new String(channel.socket().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private void exchange(byte[] frame) throws IOException {
    out.clear().put(frame).flip();
    while (out.hasRemaining()) {
      channel.write(out);
    }
    in.clear();
    while (in.position() < Integer.BYTES || in.position() < Integer.BYTES + in.getInt(0)) {
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed the connection");
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      exchange(Frames.closeSession(takeXid()));
    } finally {
      channel.close();
    }
  }
}
