package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Keeps a fixed number of requests in flight on each of a few connections, from the calling thread.
 * It has to stay far cheaper than the server it loads: frames are copied from arrays encoded
 * beforehand, replies are looked at where they lie, the clock is read once per batch.
 */
final class PipelinedLoad implements AutoCloseable {
  static final int CONNECTIONS = 32;
  static final int DEPTH = 32;

  private static final int BUFFER_BYTES = 1 << 18;
  private static final long HIGHEST_LATENCY_NANOS = 60_000_000_000L;
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private final UnderLoad server;
  private final Requests requests;
  private final Selector selector;
  private final List<Connection> connections = new ArrayList<>();
  private final Histogram latency = new Histogram(HIGHEST_LATENCY_NANOS, 3);
  private long sent;
  private long answered;
  private long sendLimit;

  private PipelinedLoad(UnderLoad server, Requests requests) throws IOException {
    this.server = server;
    this.requests = requests;
    this.selector = Selector.open();
  }

  static PipelinedLoad open(UnderLoad server, Requests requests) throws IOException {
    PipelinedLoad load = new PipelinedLoad(server, requests);
    for (int i = 0; i < CONNECTIONS; i++) {
      load.connections.add(load.new Connection(i, server.address(i)));
    }
    return load;
  }

  /**
   * Loads the server, counts from the end of the warm-up on, and waits for the last replies.
   *
   * @param maxOperations ends both stretches early, each after this many operations
   */
  Window run(long warmUpNanos, long measuredNanos, long maxOperations) throws IOException {
    sendLimit = Long.MAX_VALUE;
    for (Connection connection : connections) {
      connection.sendMore(DEPTH, System.nanoTime());
    }
    pump(warmUpNanos, answered + maxOperations);
    latency.reset();
    long before = answered;
    Stopwatch stopwatch = Stopwatch.start(server);
    pump(measuredNanos, answered + maxOperations);
    Window window = stopwatch.stop(answered - before, latency.copy());
    sendLimit = sent;
    drain();
    return window;
  }

  /** Sends exactly so many requests and waits for all replies. */
  Window runExactly(long operations) throws IOException {
    latency.reset();
    long before = answered;
    Stopwatch stopwatch = Stopwatch.start(server);
    sendLimit = sent + operations;
    for (Connection connection : connections) {
      connection.sendMore(DEPTH, System.nanoTime());
    }
    drain();
    return stopwatch.stop(answered - before, latency.copy());
  }

  private void pump(long nanos, long answeredLimit) throws IOException {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0 && answered < answeredLimit) {
      selectOnce();
    }
  }

  private void drain() throws IOException {
    while (answered < sent) {
      selectOnce();
    }
  }

  private void selectOnce() throws IOException {
    long before = answered;
    try {
      selector.select(this::onReady, PATIENCE_NANOS / 1_000_000);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (answered == before && selector.selectNow() == 0) {
      checkProgress(before);
    }
  }

  /**
   * A partial frame wakes the selector without an answer; silence for half a minute is a failure.
   */
  private void checkProgress(long before) throws IOException {
    if (!server.isAlive()) {
      throw new IOException("the server died after " + before + " answers");
    }
  }

  private void onReady(SelectionKey key) {
    Connection connection = (Connection) key.attachment();
    try {
      connection.onReady();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : connections) {
      connection.channel.close();
    }
    selector.close();
  }

  private final class Connection {
    private final int index;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final long[] sentNanos = new long[DEPTH];
    private int nextXid = 1;
    private int expectedXid = 1;

    Connection(int index, InetSocketAddress address) throws IOException {
      this.index = index;
      this.channel = SocketChannel.open(address);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      shakeHands();
      channel.configureBlocking(false);
      key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    private void shakeHands() throws IOException {
      channel.write(ByteBuffer.wrap(Frames.connect(BlockingSession.TIMEOUT_MS)));
      while (in.position() < Integer.BYTES || in.position() < Integer.BYTES + in.getInt(0)) {
        readSome();
      }
      in.clear();
    }

    void sendMore(int count, long nowNanos) throws IOException {
      for (int i = 0; i < count && sent < sendLimit; i++) {
        sentNanos[nextXid % DEPTH] = nowNanos;
        out.put(requests.next(index, nextXid));
        nextXid++;
        sent++;
      }
      flush();
    }

    private void flush() throws IOException {
      out.flip();
      if (out.hasRemaining()) {
        channel.write(out);
      }
      boolean blocked = out.hasRemaining();
      out.compact();
      int interest = blocked ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
      if (key.interestOps() != interest) {
        key.interestOps(interest);
      }
    }

    void onReady() throws IOException {
      int replies = 0;
      long nowNanos = 0;
      if (key.isReadable()) {
        readSome();
        nowNanos = System.nanoTime();
        replies = takeReplies(nowNanos);
      }
      if (replies > 0 || key.isWritable()) {
        sendMore(replies, nowNanos);
      }
    }

    private void readSome() throws IOException {
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed the connection");
      }
    }

    private int takeReplies(long nowNanos) {
      int replies = 0;
      int at = 0;
      int end = in.position();
      while (end - at >= Integer.BYTES) {
        int frameEnd = at + Integer.BYTES + in.getInt(at);
        if (frameEnd > end) {
          break;
        }
        check(at, frameEnd);
        latency.recordValue(nowNanos - sentNanos[expectedXid % DEPTH]);
        expectedXid++;
        replies++;
        at = frameEnd;
      }
      in.position(at).limit(end);
      in.compact();
      answered += replies;
      return replies;
    }

    /** A failed multi has no error in its header; its first item says -1 instead of its type. */
    private void check(int at, int frameEnd) {
      int xid = in.getInt(at + Frames.XID_OFFSET);
      int error = in.getInt(at + Frames.REPLY_ERROR_OFFSET);
      boolean hasBody = frameEnd - at >= Frames.REPLY_BODY_OFFSET + Integer.BYTES;
      int firstOfBody = hasBody ? in.getInt(at + Frames.REPLY_BODY_OFFSET) : 0;
      if (xid != expectedXid || error != 0 || firstOfBody == -1) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "unexpected reply: xid=%d expected=%d error=%d firstOfBody=%d",
                xid,
                expectedXid,
                error,
                firstOfBody));
      }
    }
  }
}
