package conclave.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that write one new znode after the other, and go to the next server with the same
 * session as soon as their connection is lost or can't be had. What they see is how long an
 * ensemble takes no writes. One thread serves all.
 */
final class EagerClients implements AutoCloseable {
  static final String TOP = "/eager";
  static final int CLIENTS = 8;

  private static final int SESSION_TIMEOUT_MS = 30_000;
  private static final long THINK_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  /** Before a server is tried again: the three are refusing within microseconds. */
  private static final long NEXT_SERVER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** Some take a connection and never answer it. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** No session has it. */
  private static final long GONE = -1;

  private static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<InetSocketAddress> servers;
  private final Selector selector;
  private final List<Client> clients = new ArrayList<>();

  private EagerClients(List<InetSocketAddress> servers) throws IOException {
    this.servers = servers;
    this.selector = Selector.open();
  }

  /** The znodes above theirs are made first. */
  static EagerClients open(List<InetSocketAddress> servers) throws IOException {
    try (BlockingSession session = BlockingSession.open(servers.get(0))) {
      session.create(TOP, new byte[0]);
      for (int i = 0; i < CLIENTS; i++) {
        session.create(folder(i), new byte[0]);
      }
    }
    EagerClients all = new EagerClients(servers);
    for (int i = 0; i < CLIENTS; i++) {
      all.clients.add(all.new Client(i));
    }
    return all;
  }

  static String folder(int client) {
    return String.format(Locale.ROOT, "%s/c%d", TOP, client);
  }

  static String name(int write) {
    return String.format(Locale.ROOT, "w%08d", write);
  }

  /** The numbers of a client's acknowledged writes. */
  BitSet acknowledged(int client) {
    return (BitSet) clients.get(client).acknowledged.clone();
  }

  /**
   * The longest time without an acknowledged write that this client has seen since it was asked
   * last.
   */
  long takeGapNanos(int client) {
    long gap = clients.get(client).longestGapNanos;
    clients.get(client).longestGapNanos = 0;
    return gap;
  }

  void pump(long nanos) throws IOException {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() - end < 0) {
      step();
    }
  }

  /** Until every client has had a write acknowledged that it sent from now on. */
  void pumpUntilAllWrite() throws IOException {
    int[] from = clients.stream().mapToInt(client -> client.nextWrite).toArray();
    pumpUntil(
        () ->
            clients.stream().allMatch(client -> client.acknowledged.length() > from[client.index]));
  }

  void pumpUntil(BooleanSupplier done) throws IOException {
    long end = System.nanoTime() + GIVE_UP_NANOS;
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("no progress: " + clients);
      }
      step();
    }
  }

  private void step() throws IOException {
    selector.select(1);
    for (SelectionKey key : selector.selectedKeys()) {
      ((Client) key.attachment()).onReady(key);
    }
    selector.selectedKeys().clear();
    long now = System.nanoTime();
    for (Client client : clients) {
      client.onTime(now);
    }
  }

  @Override
  public void close() throws IOException {
    for (Client client : clients) {
      client.hangUp();
    }
    selector.close();
  }

  private enum State {
    AWAY,
    CONNECTING,
    SHAKING_HANDS,
    THINKING,
    WRITING
  }

  private final class Client {
    private final int index;
    private final ByteBuffer in = ByteBuffer.allocate(1 << 12);
    private final BitSet acknowledged = new BitSet();
    private byte[] password = new byte[Frames.PASSWORD_BYTES];
    private long sessionId;
    private long lastZxid;
    private @Nullable SocketChannel channel;
    private State state = State.AWAY;
    private int server;
    private int nextWrite;
    private long dueNanos = System.nanoTime();
    private long acknowledgedNanos = dueNanos;
    private long longestGapNanos;

    Client(int index) {
      this.index = index;
      this.server = index;
    }

    /** What it waits for has come, or comes too late. */
    void onTime(long now) throws IOException {
      if (now - dueNanos < 0) {
        return;
      }
      if (state == State.THINKING) {
        write();
      } else if (state == State.AWAY) {
        connect();
      } else {
        lose();
      }
    }

    private void enter(State next, long nanos) {
      state = next;
      dueNanos = System.nanoTime() + nanos;
    }

    private void connect() throws IOException {
      SocketChannel to = SocketChannel.open();
      channel = to;
      to.configureBlocking(false);
      to.setOption(StandardSocketOptions.TCP_NODELAY, true);
      in.clear();
      enter(State.CONNECTING, PATIENCE_NANOS);
      SelectionKey key = to.register(selector, SelectionKey.OP_CONNECT, this);
      try {
        if (to.connect(servers.get(Math.floorMod(server, servers.size())))) {
          shakeHands(key);
        }
      } catch (IOException nobodyListens) {
        lose();
      }
    }

    void onReady(SelectionKey key) throws IOException {
      try {
        if (key.isValid() && key.isConnectable()) {
          ((SocketChannel) key.channel()).finishConnect();
          shakeHands(key);
        } else if (key.isValid() && key.isReadable()) {
          read((SocketChannel) key.channel());
        }
      } catch (IOException lost) {
        lose();
      }
      if (sessionId == GONE) {
        throw new IOException("the session of client " + index + " is gone");
      }
    }

    private void shakeHands(SelectionKey key) throws IOException {
      key.interestOps(SelectionKey.OP_READ);
      send(Frames.connect(SESSION_TIMEOUT_MS, lastZxid, sessionId, password));
      enter(State.SHAKING_HANDS, PATIENCE_NANOS);
    }

    private void write() throws IOException {
      String path = folder(index) + "/" + name(nextWrite);
      try {
        send(Frames.create(nextWrite + 1, path, Bench.data(), false));
        enter(State.WRITING, PATIENCE_NANOS);
      } catch (IOException lost) {
        lose();
      }
      // One that is lost may have been done: its name isn't used again.
      nextWrite++;
    }

    private void send(byte[] frame) throws IOException {
      SocketChannel to = channel;
      if (to == null || to.write(ByteBuffer.wrap(frame)) != frame.length) {
        throw new IOException("the socket takes nothing");
      }
    }

    private void read(SocketChannel from) throws IOException {
      if (from.read(in) < 0) {
        throw new EOFException("closed");
      }
      while (in.position() >= Integer.BYTES && in.position() >= Integer.BYTES + in.getInt(0)) {
        take();
        in.flip().position(Integer.BYTES + in.getInt(0));
        in.compact();
      }
    }

    private void take() throws IOException {
      if (state == State.SHAKING_HANDS) {
        takeSession();
      } else if (in.getInt(Frames.XID_OFFSET) == nextWrite) {
        int error = in.getInt(Frames.REPLY_ERROR_OFFSET);
        if (error != 0) {
          throw new IOException("error " + error);
        }
        lastZxid = in.getLong(Frames.REPLY_ZXID_OFFSET);
        acknowledge();
      }
    }

    /** Version, timeout, id, password. */
    private void takeSession() {
      if (in.getInt(2 * Integer.BYTES) <= 0) {
        sessionId = GONE;
        return;
      }
      sessionId = in.getLong(3 * Integer.BYTES);
      in.get(4 * Integer.BYTES + Long.BYTES, password);
      enter(State.THINKING, 0);
    }

    private void acknowledge() {
      long now = System.nanoTime();
      acknowledged.set(nextWrite - 1);
      longestGapNanos = Math.max(longestGapNanos, now - acknowledgedNanos);
      acknowledgedNanos = now;
      enter(State.THINKING, THINK_NANOS);
    }

    private void lose() throws IOException {
      hangUp();
      server++;
      enter(State.AWAY, NEXT_SERVER_NANOS);
    }

    void hangUp() throws IOException {
      SocketChannel open = channel;
      channel = null;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT, "%s server=%d acknowledged=%d", state, server, acknowledged.cardinality());
    }
  }
}
