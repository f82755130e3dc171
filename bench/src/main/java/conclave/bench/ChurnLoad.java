package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Sessions that come and go: connect, create an ephemeral znode, close. A fixed number of them is
 * under way at any time.
 */
final class ChurnLoad implements AutoCloseable {
  static final String PARENT = "/churn";
  private static final int AT_ONCE = 32;
  private static final int TIMEOUT_MS = 30_000;
  private static final long PATIENCE_MS = 30_000;
  private static final long HIGHEST_NANOS = 60_000_000_000L;

  private final UnderLoad server;
  private final byte[] data;
  private final Selector selector;
  private final SourceAddresses sources = new SourceAddresses();
  private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 12);
  private final Histogram duration = new Histogram(HIGHEST_NANOS, 3);
  private long started;
  private long finished;

  ChurnLoad(UnderLoad server, byte[] data) throws IOException {
    this.server = server;
    this.data = data;
    this.selector = Selector.open();
  }

  Window run(long warmUpNanos, long measuredNanos) throws IOException {
    for (int i = 0; i < AT_ONCE; i++) {
      beginNext();
    }
    pump(warmUpNanos);
    duration.reset();
    long before = finished;
    Stopwatch stopwatch = Stopwatch.start(server);
    pump(measuredNanos);
    return stopwatch.stop(finished - before, duration.copy());
  }

  private void pump(long nanos) throws IOException {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      try {
        if (selector.select(this::onReady, PATIENCE_MS) == 0) {
          throw new IOException("no progress after " + finished + " sessions");
        }
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
  }

  private void onReady(SelectionKey key) {
    try {
      ((Visitor) key.attachment()).step(key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void beginNext() throws IOException {
    long number = started++;
    Visitor visitor = new Visitor(number, sources.connect(server.address(number)));
    visitor.channel.register(selector, SelectionKey.OP_CONNECT, visitor);
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  /** Each of the three replies comes in one segment: the next request waits for it. */
  private final class Visitor {
    private final long number;
    private final SocketChannel channel;
    private final long startNanos = System.nanoTime();
    private int repliesSeen;

    Visitor(long number, SocketChannel channel) {
      this.number = number;
      this.channel = channel;
    }

    void step(SelectionKey key) throws IOException {
      if (key.isConnectable()) {
        channel.finishConnect();
        key.interestOps(SelectionKey.OP_READ);
        send(Frames.connect(TIMEOUT_MS));
        return;
      }
      readReply();
      repliesSeen++;
      switch (repliesSeen) {
        case 1 -> send(Frames.create(1, path(), data, true));
        case 2 -> send(Frames.closeSession(2));
        default -> finish();
      }
    }

    private String path() {
      return String.format(Locale.ROOT, "%s/s%010d", PARENT, number);
    }

    private void send(byte[] frame) throws IOException {
      channel.write(ByteBuffer.wrap(frame));
    }

    private void readReply() throws IOException {
      in.clear();
      if (channel.read(in) < 0) {
        throw new EOFException("the server closed session " + number);
      }
      if (in.position() != Integer.BYTES + in.getInt(0)) {
        throw new IOException("a reply came in pieces: " + in.position() + " bytes");
      }
      if (repliesSeen > 0 && in.getInt(Frames.REPLY_ERROR_OFFSET) != 0) {
        throw new IOException("error " + in.getInt(Frames.REPLY_ERROR_OFFSET));
      }
    }

    private void finish() throws IOException {
      duration.recordValue(System.nanoTime() - startNanos);
      finished++;
      channel.close();
      beginNext();
    }
  }
}
