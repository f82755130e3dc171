package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** A session that sends a request and waits for its reply: for preparations and for latencies. */
final class BlockingSession implements AutoCloseable {
  static final int TIMEOUT_MS = 40_000;
  private static final int WORD_TIMEOUT_MS = 1_000;
  private static final int BUFFER_BYTES = 1 << 16;

  private final SocketChannel channel;
  private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private ReadableByteChannel replies;
  private int nextXid = 1;

  private BlockingSession(SocketChannel channel) {
    this.channel = channel;
    this.replies = channel;
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

  /** Waits until the server has all that its leader has. */
  void sync(String path) throws IOException {
    call(Frames.sync(takeXid(), path), path);
  }

  /** The names of a znode's children, as many as fit into memory. */
  Set<String> children(String path) throws IOException {
    call(Frames.getChildren(takeXid(), path), path);
    Set<String> names = new HashSet<>();
    in.flip().position(Integer.BYTES + Frames.REPLY_HEADER_BYTES);
    for (int left = in.getInt(); left > 0; left--) {
      byte[] name = new byte[in.getInt()];
      in.get(name);
      names.add(new String(name, StandardCharsets.UTF_8));
    }
    return names;
  }

  /** From now on a server that says nothing for so long has failed. */
  void limitSilence(int ms) throws IOException {
    channel.socket().setSoTimeout(ms);
    replies = Channels.newChannel(channel.socket().getInputStream());
  }

  /** Text of a four-letter word's answer, on a connection of its own. */
  static String fourLetterWord(InetSocketAddress server, String word) throws IOException {
    try (SocketChannel channel = SocketChannel.open(server)) {
      channel.socket().setSoTimeout(WORD_TIMEOUT_MS);
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
      if (!in.hasRemaining()) {
        in = ByteBuffer.allocateDirect(2 * in.capacity()).put(in.flip());
      }
      if (replies.read(in) < 0) {
        throw new EOFException("the server closed the connection");
      }
    }
  }

  /** Leaves without ending the session. */
  void hangUp() throws IOException {
    channel.close();
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
