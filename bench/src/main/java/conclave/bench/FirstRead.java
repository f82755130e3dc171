package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Knocks at a starting server until a new session has read a znode. A new connection knocks every
 * few milliseconds while older ones still wait, because Apache's server can leave a connection that
 * comes between the opening of its port and the loading of its tree without any answer for ever.
 */
final class FirstRead implements AutoCloseable {
  private static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(3);
  private static final long KNOCK_EVERY_MS = 10;
  private static final int WAITING_AT_MOST = 200;

  private final ServerProcess server;
  private final byte[] read;
  private final String path;
  private final Selector selector;
  private long answeredNanos;
  private boolean answered;

  private FirstRead(ServerProcess server, String path) throws IOException {
    this.server = server;
    this.path = path;
    this.read = Frames.getData(1, path, false);
    this.selector = Selector.open();
  }

  /** Nanoseconds from the execution of the process to the reply of the first getData. */
  static long await(ServerProcess server, String path) throws IOException {
    try (FirstRead knocking = new FirstRead(server, path)) {
      return knocking.run() - server.startedNanos();
    }
  }

  private long run() throws IOException {
    long deadline = server.startedNanos() + GIVE_UP_NANOS;
    while (!answered) {
      if (System.nanoTime() - deadline > 0 || !server.isAlive()) {
        throw new IOException(
            String.format(
                Locale.ROOT, "the server answered no read (alive: %b)", server.isAlive()));
      }
      if (selector.keys().size() < WAITING_AT_MOST) {
        knock();
      }
      long nextKnock = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KNOCK_EVERY_MS);
      while (!answered && System.nanoTime() - nextKnock < 0) {
        selector.select(this::onReady, KNOCK_EVERY_MS);
      }
    }
    return answeredNanos;
  }

  private void knock() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    Knock knock = new Knock(channel);
    SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, knock);
    try {
      if (channel.connect(server.address())) {
        knock.connected(key);
      }
    } catch (IOException nobodyListensYet) {
      channel.close();
    }
  }

  private void onReady(SelectionKey key) {
    Knock knock = (Knock) key.attachment();
    try {
      knock.step(key);
    } catch (IOException notYet) {
      // Nobody listens yet, or the server closes what comes before it has loaded its tree.
      knock.giveUp();
    }
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  private final class Knock {
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 12);
    private boolean shookHands;

    Knock(SocketChannel channel) {
      this.channel = channel;
    }

    void connected(SelectionKey key) throws IOException {
      key.interestOps(SelectionKey.OP_READ);
      channel.write(ByteBuffer.wrap(Frames.connect(BlockingSession.TIMEOUT_MS)));
    }

    void step(SelectionKey key) throws IOException {
      if (key.isConnectable()) {
        channel.finishConnect();
        connected(key);
        return;
      }
      if (channel.read(in) < 0) {
        throw new EOFException("closed");
      }
      if (in.position() < Integer.BYTES || in.position() < Integer.BYTES + in.getInt(0)) {
        return;
      }
      if (shookHands) {
        finish();
      } else {
        shookHands = true;
        in.clear();
        channel.write(ByteBuffer.wrap(read));
      }
    }

    private void finish() throws IOException {
      if (!answered) {
        answeredNanos = System.nanoTime();
        answered = true;
      }
      int error = in.getInt(Frames.REPLY_ERROR_OFFSET);
      if (error != 0) {
        throw new IllegalStateException(
            String.format(Locale.ROOT, "the first read of %s answered with error %d", path, error));
      }
      channel.write(ByteBuffer.wrap(Frames.closeSession(2)));
    }

    void giveUp() {
      try {
        channel.close();
      } catch (IOException alreadyGone) {
        // The next knock is a new connection in any case.
        return;
      }
    }
  }
}
